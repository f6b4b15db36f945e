"""Layers that bring data in and write it out, against the real Caffe.

The order in which HDF5Data shuffles is up to Caffe's C++ library, and not compared.
"""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from engines import Case, given_arrays, labels, normal

pytestmark = pytest.mark.parity


def data(transform: str, **more: object) -> Case:
    text = (
        f'top: "data" top: "label" transform_param {{ {transform} }} '
        'data_param { source: "@folder@/db" backend: LMDB batch_size: 3 }'
    )
    return Case("Data", text, backward=False, repeat=4, **more)


def hdf5(source: str, batch_size: int, *tops: str) -> Case:
    text = " ".join(f'top: "{top}"' for top in tops)
    text += f' hdf5_data_param {{ source: "@folder@/{source}" batch_size: {batch_size} }}'
    return Case("HDF5Data", text, backward=False, repeat=3)


MEMORY = "memory_data_param { batch_size: 2 channels: 3 height: 4 width: 5 }"
ARRAYS = (normal(6, 3, 4, 5), labels(7, 6, 1, 1, 1))
# The layer takes a number for a transformer, which arrays never see: what the next filler draws tells.
MEMORY_AND_DRAWS = f"""
layer {{ name: "memory" type: "MemoryData" top: "x" top: "label" {MEMORY} transform_param {{ mirror: true }} }}
layer {{ name: "l" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param {{ num_output: 2 weight_filler {{ type: "uniform" }} }} }}
"""
CASES = {
    "data train": data("mirror: true crop_size: 4 scale: 0.5 mean_value: 10 mean_value: 20 mean_value: 30"),
    "data test": data("mirror: true crop_size: 4", phase="TEST"),
    "data whole": data("scale: 0.00390625"),
    "data mean file": data('crop_size: 3 mean_file: "@folder@/mean.binaryproto"'),
    "hdf5 data": hdf5("one.txt", 2, "image", "class"),
    "hdf5 data whole file": hdf5("one.txt", 5, "pair"),
    "hdf5 data of two files": hdf5("rows.txt", 3, "class", "pair", "image"),
    "hdf5 data round and round": hdf5("rows.txt", 7, "pair", "class"),
    "hdf5 output": Case(
        "HDF5Output",
        'bottom: "a" bottom: "b" hdf5_output_param { file_name: "@folder@/@engine@.h5" }',
        {"a": normal(3, 2, 4, 5), "b": normal(3, 2)},
        backward=False,
    ),
    "memory data": Case("MemoryData", f'top: "x" top: "label" {MEMORY}', backward=False, memory=ARRAYS),
    "memory data round": Case("MemoryData", f'top: "x" top: "label" {MEMORY}', backward=False, memory=ARRAYS, repeat=5),
    "memory data draws": Case(
        "MemoryData", "", backward=False, memory=ARRAYS, before=MEMORY_AND_DRAWS, random_params=False
    ),
    "input": Case("Input", 'top: "z" input_param { shape { dim: 3 dim: 2 } }', {"x": normal(4, 2)}, backward=False),
    "input two tops": Case(
        "Input",
        'top: "z" top: "u" input_param { shape { dim: 3 } shape { dim: 2 dim: 5 } }',
        backward=False,
    ),
    "dummy data": Case(
        "DummyData",
        'top: "y" top: "u" dummy_data_param { shape { dim: 2 dim: 300 } shape { dim: 3 } '
        'data_filler { type: "gaussian" std: 2 } data_filler { type: "constant" value: 5 } }',
        backward=False,
        repeat=2,
    ),
    "dummy data one for all": Case(
        "DummyData",
        'top: "y" top: "u" dummy_data_param { shape { dim: 2 dim: 3 } data_filler { type: "uniform" max: 4 } }',
        backward=False,
        repeat=3,
    ),
    "dummy data old sizes": Case(
        "DummyData",
        'top: "y" top: "u" dummy_data_param { num: 2 channels: 3 channels: 5 height: 4 width: 6 }',
        backward=False,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_does_what_caffe_does(name: str, compare: Callable[[str], None]) -> None:
    compare(name)


def test_hdf5_output_writes_the_same_file(ran: Path) -> None:
    def written(file: str) -> dict[str, tuple[np.dtype, list[float]]]:
        with h5py.File(ran / file) as data:
            return {key: (data[key].dtype, data[key][()].tolist()) for key in data}

    given_arrays(CASES["hdf5 output"], ran)  # Which runs the net forward.
    theirs = written("caffe.h5")
    assert written("torchcaffe.h5") == theirs
    assert np.shape(theirs["data"][1]) == (3, 2, 4, 5)
    assert np.shape(theirs["label"][1]) == (3, 2, 1, 1)
