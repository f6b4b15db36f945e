"""Fillers: Caffe's numbers (goldens: tests/cases/rng/README.md), Caffe's formulas, and what they refuse."""

import json
import math
import zlib
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format

from torchcaffe.boost import Rng
from torchcaffe.errors import NetError
from torchcaffe.fillers import FILLERS, fill
from torchcaffe.proto.caffe_pb2 import FillerParameter

CASES = json.loads((Path(__file__).parents[1] / "cases" / "rng" / "fillers.json").read_text())


def parameter(text: str) -> FillerParameter:
    return text_format.Parse(text, FillerParameter())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['param']} {case['shape']}")
def test_values_are_those_of_caffe(case: dict) -> None:
    generator = Rng(case["seed"])
    values = fill(tuple(case["shape"]), parameter(case["param"]), generator)
    assert values.shape == tuple(case["shape"])
    assert values.dtype == np.float32
    assert values.flags.c_contiguous
    assert values.ravel()[:8].tolist() == np.array(case["first"], dtype=np.float32).tolist()
    assert zlib.crc32(values) == case["crc32"]
    assert generator.next_u32() == case["next_raw"]


def test_every_filler_of_caffe_is_there_and_has_goldens() -> None:
    names = {"constant", "gaussian", "positive_unitball", "uniform", "xavier", "msra", "bilinear"}
    assert set(FILLERS) == names
    assert {parameter(case["param"]).type for case in CASES} == names


def test_the_default_is_zeros_in_float32() -> None:
    values = fill((2, 3), FillerParameter(), Rng(0))
    assert values.dtype == np.float32
    assert values.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_a_single_number_can_be_filled() -> None:
    values = fill((), parameter("value: 0.25"), Rng(0))
    assert values.shape == ()
    assert values == 0.25


# Weights of 50 filters on 40 channels, 3 x 2: fan in 40 * 6 = 240, fan out 50 * 6 = 300, average 270.
@pytest.mark.parametrize(("norm", "n"), [("FAN_IN", 240), ("FAN_OUT", 300), ("AVERAGE", 270)])
def test_xavier_and_msra_scale_by_the_fan_that_is_asked_for(norm: str, n: int) -> None:
    shape = (50, 40, 3, 2)
    xavier = fill(shape, parameter(f"type: 'xavier' variance_norm: {norm}"), Rng(5))
    assert np.abs(xavier).max() == pytest.approx(math.sqrt(3 / n), rel=1e-3)
    assert xavier.var() == pytest.approx(1 / n, rel=0.03)
    msra = fill(shape, parameter(f"type: 'msra' variance_norm: {norm}"), Rng(5))
    assert msra.var() == pytest.approx(2 / n, rel=0.05)
    assert np.abs(msra).max() > 3 * math.sqrt(2 / n)


def test_sparse_keeps_as_many_inputs_as_it_says_on_average() -> None:
    values = fill((20, 3000), parameter("type: 'gaussian' sparse: 4"), Rng(2))
    # 60000 trials of probability 4 / 20: 12000 kept, standard deviation 98.
    assert np.count_nonzero(values) == pytest.approx(12000, abs=500)


def test_positive_unitball_rows_add_up_to_one() -> None:
    values = fill((5, 4, 3), parameter("type: 'positive_unitball'"), Rng(2))
    assert values.min() >= 0
    assert values.reshape(5, -1).sum(axis=1) == pytest.approx(np.ones(5), rel=1e-6)


@pytest.mark.parametrize(
    ("size", "triangle"),
    [
        (3, [1 / 2, 1, 1 / 2]),  # f = 2, c = 1/2
        (4, [1 / 4, 3 / 4, 3 / 4, 1 / 4]),  # f = 2, c = 3/4
        (5, [1 / 3, 2 / 3, 1, 2 / 3, 1 / 3]),  # f = 3, c = 2/3
    ],
)
def test_bilinear_is_a_tent(size: int, triangle: list[float]) -> None:
    values = fill((2, 1, size, size), parameter("type: 'bilinear'"), Rng(0))
    tent = np.outer(triangle, triangle)
    assert values[0, 0] == pytest.approx(tent, abs=1e-6)
    assert values[1, 0] == pytest.approx(tent, abs=1e-6)


@pytest.mark.parametrize(
    ("param", "shape", "message"),
    [
        ("type: 'xaiver'", (2, 3), r"filler type 'xaiver' is unknown.* Did you mean 'xavier'\?"),
        ("type: 'bilinear'", (2, 3, 4, 5), r"square kernels, got \(2, 3, 4, 5\)"),
        ("type: 'bilinear'", (3, 4, 4), r"shape \(N, C, K, K\)"),
        ("type: 'uniform' min: 1 max: 0", (2,), "min <= max"),
        ("type: 'gaussian' std: 0", (2,), "std > 0"),
        ("type: 'gaussian' sparse: 3", (2, 5), r"sparse: 3 for a blob of shape \(2, 5\); it takes 0 to 2"),
        ("type: 'gaussian' sparse: -2", (2, 5), "sparse: -2"),
        ("type: 'gaussian' sparse: 0", (), "needs a blob with an axis"),
        ("type: 'msra'", (), "needs a blob with an axis"),
        ("type: 'positive_unitball'", (), "needs a blob with an axis"),
        ("type: 'xavier'", (2, 0), r"cannot fill a blob of shape \(2, 0\)"),
    ],
)
def test_what_a_filler_cannot_do_is_refused(param: str, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(NetError, match=message):
        fill(shape, parameter(param), Rng(0))


@pytest.mark.parametrize("name", sorted(set(FILLERS) - {"gaussian"}))
def test_only_gaussian_takes_sparse(name: str) -> None:
    with pytest.raises(NetError, match=f"filler '{name}' has sparse: 1"):
        fill((2, 3, 4, 4), parameter(f"type: '{name}' sparse: 1"), Rng(0))
