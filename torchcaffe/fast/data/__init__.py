"""Batches of a Data layer: cut by a kernel on a CPU, or on a device that holds the data set."""
