"""An HDF5 solverstate, into a solver."""

from fuzz.readers.solverstate import SolverstateReader
from torchcaffe.proto import caffe_pb2

_MAGIC = b"\x89HDF\r\n\x1a\n"


class SolverstateHdf5Reader(SolverstateReader):
    """What does not begin as HDF5 files do is a binary solverstate's business."""

    format = caffe_pb2.SolverParameter.HDF5

    def read(self, data: bytes) -> None:
        super().read(_MAGIC + data[len(_MAGIC) :])
