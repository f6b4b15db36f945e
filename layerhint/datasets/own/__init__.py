"""A user's own data set: a folder of images."""
