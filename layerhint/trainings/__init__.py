"""What an experiment comes to: one `caffe train` after the other, with nets, schedule and initial weights."""
