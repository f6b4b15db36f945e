"""What runs in the processes that are measured, one module for each kind of process."""
