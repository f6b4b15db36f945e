"""Net surgery: one caffemodel put together from parts of others."""
