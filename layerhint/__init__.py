"""Layer-wise hint-based training (Bae et al.) as Caffe nets: experiments, templates, steps, report."""
