"""Nets of a Data layer alone, and databases that they read."""

from pathlib import Path

import lmdb
import numpy as np
import torch

from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import array_to_blob, write_binary
from torchcaffe.proto.text import parse_net
from torchcaffe.rng import set_random_seed

SHAPE = (3, 6, 7)
RECORDS, BATCH = 11, 4

TRANSFORMS = {
    "nothing": "",
    "crop and mirror": "crop_size: 5 mirror: true",
    "mirror of the whole": "mirror: true",
    "mean file": 'crop_size: 4 mirror: true mean_file: "{folder}/mean.binaryproto" scale: 0.0078125',
    "mean values": "crop_size: 5 mean_value: 104.5 mean_value: 117.25 mean_value: 123.125 scale: 0.3",
    "one mean value": "mirror: true mean_value: 100.1",
}


def make_databases(folder: Path) -> None:
    """`bytes` and `floats`, databases of images (3, 6, 7), and `mean.binaryproto`."""
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 256, (RECORDS, *SHAPE), dtype=np.uint8)
    write(folder / "bytes", [{"data": image.tobytes()} for image in pixels])
    write(folder / "floats", [{"float_data": (image / 7).ravel().tolist()} for image in pixels])
    write_binary(folder / "mean.binaryproto", array_to_blob(rng.normal(120, 5, (1, *SHAPE)).astype(np.float32)))


def write(path: Path, images: list[dict], sizes: list[tuple[int, int, int]] | None = None) -> None:
    with lmdb.open(str(path), map_size=1 << 22) as env, env.begin(write=True) as transaction:
        for i, (content, (c, h, w)) in enumerate(zip(images, sizes or [SHAPE] * len(images), strict=True)):
            datum = caffe_pb2.Datum(channels=c, height=h, width=w, label=i % 5, **content)
            transaction.put(b"%03d" % (3 * i), datum.SerializeToString())


def build(
    source: Path,
    transform: str,
    phase: int = caffe_pb2.TRAIN,
    dtype: torch.dtype = torch.float32,
    batch: int = BATCH,
    more: str = "",
    after: str = 'layer { name: "s" type: "Silence" bottom: "data" bottom: "label" }',
) -> Net:
    """A net of a Data layer "d" and what comes `after`; `more` stands in that layer."""
    set_random_seed(4)
    param = parse_net(
        f'layer {{ name: "d" type: "Data" top: "data" top: "label" transform_param {{ {transform} }} '
        f'data_param {{ source: "{source}" backend: LMDB batch_size: {batch} }} {more} }} {after}'
    )
    param.state.phase = phase
    return Net(param, dtype=dtype)


def assert_same(plain: Net, other: Net) -> None:
    """Data, labels and the layer's state are the same, bit for bit."""
    for name in ("data", "label"):
        mine, theirs = plain.blob(name).data, other.blob(name).data
        assert mine.dtype == theirs.dtype
        assert torch.equal(mine, theirs)
    assert plain.layer("d").get_state() == other.layer("d").get_state()
