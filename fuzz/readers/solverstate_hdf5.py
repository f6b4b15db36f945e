"""An HDF5 solverstate, into a solver."""

from fuzz.readers.solverstate import SolverstateReader
from torchcaffe.proto import caffe_pb2

_MAGIC = b"\x89HDF\r\n\x1a\n"


class SolverstateHdf5Reader(SolverstateReader):
    """Gives each input the signature of HDF5: without it, a file is read as a binary solverstate."""

    format = caffe_pb2.SolverParameter.HDF5

    def read(self, data: bytes) -> None:
        super().read(_MAGIC + data[len(_MAGIC) :])
