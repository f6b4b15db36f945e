"""An HDF5 caffemodel, into a net."""

from collections.abc import Iterable

from fuzz.reader import Reader
from fuzz.readers.examples import small_net
from torchcaffe.weights.caffemodel import copy_trained_layers_from
from torchcaffe.weights.caffemodel_hdf5 import save_hdf5

_MAGIC = b"\x89HDF\r\n\x1a\n"


class CaffemodelHdf5Reader(Reader):
    """Gives each input the signature of HDF5: without it, a file is read as a binary caffemodel."""

    def seeds(self) -> Iterable[bytes]:
        for diff in (False, True):
            path = self.scratch / "seed.h5"
            save_hdf5(small_net(), path, diff)
            yield path.read_bytes()

    def read(self, data: bytes) -> None:
        file = self.file(_MAGIC + data[len(_MAGIC) :], "weights.caffemodel.h5")
        copy_trained_layers_from(small_net(), file)
