"""Caffe 1.0's formats and exact semantics on PyTorch.

Importing this package loads no torch: file formats live in `torchcaffe.proto`, the pycaffe
interface in `torchcaffe.pycaffe`.
"""

from importlib import metadata

try:
    __version__ = metadata.version("layerhint")
except metadata.PackageNotFoundError:
    # Run from a checkout that was never installed.
    __version__ = "0+unknown"
