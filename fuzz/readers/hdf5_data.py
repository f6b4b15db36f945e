"""An HDF5 file of a HDF5Data layer."""

from collections.abc import Iterable
from pathlib import Path

import h5py
import numpy as np

from fuzz.reader import Reader
from torchcaffe.net import Net
from torchcaffe.proto.text import parse_net


class Hdf5DataReader(Reader):
    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        (scratch / "list.txt").write_text(str(scratch / "rows.h5"), encoding="utf-8")
        source = f'hdf5_data_param {{ source: "{scratch / "list.txt"}" batch_size: 3 }}'
        self.net = f'layer {{ name: "rows" type: "HDF5Data" top: "data" top: "label" {source} }}'

    def seeds(self) -> Iterable[bytes]:
        path = self.scratch / "seed.h5"
        for options in ({}, {"chunks": (2, 3), "compression": "gzip"}):
            with h5py.File(path, "w") as file:
                file.create_dataset("data", data=np.arange(12, dtype=np.float32).reshape(4, 3), **options)
                file.create_dataset("label", data=np.arange(4, dtype=np.int32))
            yield path.read_bytes()

    def read(self, data: bytes) -> None:
        self.file(data, "rows.h5")
        Net(parse_net(self.net)).forward()
