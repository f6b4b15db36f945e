"""A real Caffe: built from source by one command, found again, and checked before it is trusted."""
