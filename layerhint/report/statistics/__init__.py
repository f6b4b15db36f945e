"""Intervals: how far apart means are, and how firmly."""
