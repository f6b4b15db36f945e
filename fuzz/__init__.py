"""Fuzzes every reader of files from outside. `make fuzz` runs it; `python -m fuzz --help` lists the options."""
