"""Layer-wise hint-based training (Bae et al.) as Caffe nets: experiments, templates, steps, report."""

import logging

# Unless a program configures the log, pycaffe shows all of it on stderr; layerhint shows only warnings.
logging.getLogger("torchcaffe").setLevel(logging.WARNING)
