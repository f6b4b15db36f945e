"""Convolutions of blobs whose channels are innermost in memory, in several ways."""
