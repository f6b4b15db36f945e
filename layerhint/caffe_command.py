"""What a `caffe` command and its caller agree on: the form of log lines, the mark of an error, the environment.

Log lines have the form of glog, as Caffe 1.0 uses it; from glog 0.6 on, the date includes the year.
"""

import re

MESSAGE = re.compile(
    r"^(?P<level>[IWEF])(?:\d{4})?\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ (?P<place>[^\]]+)\] ?(?P<message>.*)$"
)
"""A log line: its severity, the place in Caffe's source (file:line) that wrote it, and the message."""

ERROR = "error: "
"""How a line on stderr begins that reports a user's mistake; torchcaffe and this package's scripts write it."""

WHOLE_LOG = {"GLOG_minloglevel": "0", "GLOG_logtostderr": "1"}
"""Environment variables that send the whole log to stderr, whatever the user's own glog settings are."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment variables that set the number of threads of PyTorch and of the BLAS libraries of a Caffe."""
