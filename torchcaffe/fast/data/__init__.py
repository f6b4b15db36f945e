"""Makes a Data layer's batches: by a kernel on a CPU, or on a device that holds the images."""
