"""Fuzzing of everything that reads foreign files. `make fuzz` runs it; `python -m fuzz --help` tells the options."""
