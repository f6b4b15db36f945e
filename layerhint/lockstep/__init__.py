"""Trainings that share teacher, schedule and data order, run by one `caffe train` in lockstep."""
