"""Convolutions of blobs whose channels are innermost in memory; several implementations."""
