"""An experiment as trainings: one `caffe train` after the other, with nets, schedule and initial weights."""
