"""Trained caffemodels that the repository carries, each beside a description: what it is, and where it came from."""
