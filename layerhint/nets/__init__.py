"""Generated nets: their text, and what Caffe makes of it."""
