"""What data layers read: databases, datums and image files, checked, decoded, shuffled and transformed."""
