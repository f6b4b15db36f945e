"""A net without its database: Input layers in the place of its Data layers."""

from pathlib import Path
from types import ModuleType
from typing import Any

import lmdb

from layerhint.errors import LayerhintError
from torchcaffe.data.lmdb_check import DamagedError, check_lmdb


def replace_data_by_input(layer: Any, shape: tuple[int, ...]) -> None:
    """Turns a Data layer into an Input layer: images of `shape` (N, C, H, W) and, if it has labels, (N,)."""
    shapes = [shape, shape[:1]][: len(layer.top)]
    for field, _ in layer.ListFields():
        if field.name not in ("name", "top"):
            layer.ClearField(field.name)
    layer.type = "Input"
    for dims in shapes:
        layer.input_param.shape.add().dim.extend(dims)


def datum_shape(caffe: ModuleType, source: str) -> tuple[int, int, int]:
    """Channels, height and width of the first Datum of an LMDB. Raises LayerhintError for one that cannot be read."""
    from google.protobuf.message import DecodeError  # From the protobuf package that the pycaffe module has chosen.

    datum = caffe.proto.caffe_pb2.Datum()
    try:
        check_lmdb(Path(source) / "data.mdb")
        with lmdb.open(source, readonly=True, lock=False) as env, env.begin() as transaction:
            cursor = transaction.cursor()
            if cursor.first():
                datum.ParseFromString(cursor.value())
    except (lmdb.Error, DamagedError, DecodeError, OSError) as error:
        raise LayerhintError(
            f"the net's images cannot be read: {source}: {error}. Make them: tools/make_data.py"
        ) from None
    return datum.channels, datum.height, datum.width
