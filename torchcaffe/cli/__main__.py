"""`python -m torchcaffe.cli`: the `caffe` command where it is not installed."""

import sys

from torchcaffe.cli import main

sys.exit(main())
