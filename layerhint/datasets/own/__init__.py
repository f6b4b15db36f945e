"""A data set of one's own: a folder of images."""
