"""The committed sample: a few real images of each published data set."""
