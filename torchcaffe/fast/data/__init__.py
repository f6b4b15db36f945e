"""Data sets in the memory of a device, and batches that are cut there."""
