"""Layer-wise hint-based training (Bae et al.) as Caffe nets: experiments, templates, steps, report."""

import logging

# Where a program says nothing of the log, pycaffe shows all of it on stderr: here warnings are enough.
logging.getLogger("torchcaffe").setLevel(logging.WARNING)
