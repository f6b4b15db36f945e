"""Intervals: how far apart means are, and how certain that is."""
