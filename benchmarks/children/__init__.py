"""The programs of the processes that are measured, one module each."""
