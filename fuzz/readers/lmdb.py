"""An LMDB of Datums: its data.mdb."""

from collections.abc import Iterable
from pathlib import Path

import lmdb
import numpy as np

from fuzz.reader import MAX_BYTES, Reader
from torchcaffe import io
from torchcaffe.data.db import DatumReader


class LmdbReader(Reader):
    def seeds(self) -> Iterable[bytes]:
        for count, size in ((3, 4), (90, 12), (4, 40)):
            folder = self.scratch / f"seed{count}"
            yield _written(folder, count, size)

    def read(self, data: bytes) -> None:
        folder = self.scratch / "lmdb"
        folder.mkdir(exist_ok=True)
        (folder / "data.mdb").write_bytes(data)
        reader = DatumReader(folder)
        reader.read(min(len(reader), 200))
        reader.state = reader.state


def _written(folder: Path, count: int, size: int) -> bytes:
    """A database of `count` images of `size` x `size` pixels."""
    with lmdb.open(str(folder), map_size=1 << 20) as environment, environment.begin(write=True) as transaction:
        for i in range(count):
            image = np.full((1, size, size), i, np.uint8)
            transaction.put(b"%08d" % i, io.array_to_datum(image, i).SerializeToString())
    data = (folder / "data.mdb").read_bytes()
    if len(data) > MAX_BYTES:
        raise ValueError(f"the seed has {len(data)} bytes")
    return data
