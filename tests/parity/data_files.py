"""The files that the nets of the cases read: a database, its mean, HDF5 files and a matrix."""

from pathlib import Path

import h5py
import lmdb
import numpy as np

from torchcaffe.proto import caffe_pb2


def write_data(folder: Path) -> None:
    rng = np.random.default_rng(0)
    _write_images(folder, rng)
    _write_rows(folder, rng)
    matrix = caffe_pb2.BlobProto(num=1, channels=1, height=5, width=5, data=rng.uniform(-0.5, 1, size=25))
    (folder / "matrix.binaryproto").write_bytes(matrix.SerializeToString())


def _write_images(folder: Path, rng: np.random.Generator) -> None:
    """Seven images of 3 x 5 x 6 as an LMDB, and a mean for them."""
    with lmdb.open(str(folder / "db"), map_size=1 << 20) as env, env.begin(write=True) as transaction:
        for i in range(7):
            pixels = rng.integers(256, size=(3, 5, 6), dtype=np.uint8).tobytes()
            datum = caffe_pb2.Datum(channels=3, height=5, width=6, data=pixels, label=i)
            transaction.put(b"%08d" % i, datum.SerializeToString())
    mean = caffe_pb2.BlobProto(num=1, channels=3, height=5, width=6, data=rng.uniform(0, 255, size=90))
    (folder / "mean.binaryproto").write_bytes(mean.SerializeToString())


def _write_rows(folder: Path, rng: np.random.Generator) -> None:
    """Five rows and three rows of images, classes and pairs as HDF5, and a list of both files."""
    paths = [folder / "five.h5", folder / "three.h5"]
    for path, rows in zip(paths, (5, 3), strict=True):
        with h5py.File(path, "w") as file:
            file["image"] = rng.normal(size=(rows, 2, 3, 4)).astype(np.float32)
            file["class"] = rng.integers(9, size=rows)
            file["pair"] = rng.normal(size=(rows, 2))
    (folder / "rows.txt").write_text("\n".join(map(str, paths)) + "\n")
    (folder / "one.txt").write_text(f"{paths[0]}\n")
