"""What a `caffe` command and who runs it agree on: its log's lines, the mark of an error, its environment.

Source of the lines' form: glog, as Caffe 1.0 uses it; from glog 0.6 on the date has its year.
"""

import re

MESSAGE = re.compile(
    r"^(?P<level>[IWEF])(?:\d{4})?\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ (?P<place>[^\]]+)\] ?(?P<message>.*)$"
)
"""A line of its log: how grave it is, the file and line of Caffe's that says it, and what it says."""

ERROR = "error: "
"""What a line on stderr begins with that tells a person's mistake; torchcaffe's and this package's scripts write it."""

WHOLE_LOG = {"GLOG_minloglevel": "0", "GLOG_logtostderr": "1"}
"""The environment in which the whole log goes to stderr, whatever the person's own settings of glog say."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What PyTorch, and the BLAS libraries that a Caffe is built with, take their number of threads from."""
