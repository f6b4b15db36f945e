"""Params that a prototxt gives in a layer's `blobs`: they take the filler's place.

Expected values are what the real Caffe (brocolli-caffe 9.0.2) did with these nets; a count or a shape that does not fit
it lets through or crashes at, where it is refused here.
"""

import numpy as np
import pytest
import torch

from torchcaffe.errors import NetError
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net
from torchcaffe.rng import set_random_seed
from torchcaffe.solvers import SGDSolver
from torchcaffe.weights.caffemodel import net_to_proto
from torchcaffe.weights.frozen import check_frozen_layers

INPUT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } } '
WEIGHT = "blobs { shape { dim: 4 dim: 3 } data: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] } "
BIAS = "blobs { shape { dim: 4 } data: [7, 8, 9, 10] } "
LATER = """layer { name: "later" type: "InnerProduct" bottom: "x" top: "z"
  inner_product_param { num_output: 1 bias_term: false weight_filler { type: "gaussian" std: 1 } } }"""


def product(given: str, outputs: int = 4, bottom: str = "x") -> str:
    return f"""layer {{ name: "ip" type: "InnerProduct" bottom: "{bottom}" top: "y" {given} inner_product_param {{
      num_output: {outputs} weight_filler {{ type: "gaussian" }} bias_filler {{ type: "gaussian" }} }} }}"""


def build(text: str, dtype: torch.dtype = torch.float32) -> Net:
    set_random_seed(3)
    return Net(parse_net(text), dtype=dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_they_take_the_fillers_place_and_no_number_is_drawn(dtype: torch.dtype) -> None:
    given, alone = build(INPUT + product(WEIGHT + BIAS) + LATER, dtype), build(INPUT + LATER, dtype)
    weight, bias = (blob.data for blob in given.layer("ip").blobs)
    assert weight.tolist() == np.arange(1.0, 13).reshape(4, 3).tolist()
    assert bias.tolist() == [7, 8, 9, 10]
    assert torch.equal(given.layer("later").blobs[0].data, alone.layer("later").blobs[0].data)
    given.blob("x").data = torch.ones(2, 3, dtype=dtype)
    given.forward()
    assert given.blob("y").data.tolist() == [[13, 23, 33, 43]] * 2


def test_old_blobs_of_four_axes_fit() -> None:
    old = "blobs { num: 1 channels: 1 height: 4 width: 3 data: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] } "
    bias = "blobs { num: 1 channels: 1 height: 1 width: 4 data: [7, 8, 9, 10] }"
    assert build(INPUT + product(old + bias)).layer("ip").blobs[1].data.tolist() == [7, 8, 9, 10]


def test_statistics_may_be_given() -> None:
    statistics = "".join(f"blobs {{ shape {{ dim: {n} }} data: {list(range(n))} }}" for n in (3, 3, 1))
    net = build(INPUT + f'layer {{ name: "bn" type: "BatchNorm" bottom: "x" top: "y" {statistics} }}')
    assert [blob.data.tolist() for blob in net.layer("bn").blobs] == [[0, 1, 2], [0, 1, 2], [0]]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (WEIGHT, r"it has 1 `blobs` in the prototxt, and 2 param\(s\): give all, or none"),
        (WEIGHT + BIAS + BIAS, r"it has 3 `blobs` in the prototxt, and 2 param\(s\)"),
        (WEIGHT.replace("dim: 4 dim: 3", "dim: 3 dim: 4") + BIAS, r"number 0 has the shape 3 4 \(12\).*4 3 \(12\)"),
        (WEIGHT + BIAS.replace("10]", "10, 11]"), "`blobs` number 1"),
    ],
)
def test_what_does_not_fit_is_refused(given: str, said: str) -> None:
    with pytest.raises(NetError, match=rf"layer 'ip' \(InnerProduct\): .*{said}"):
        build(INPUT + product(given))


def test_a_net_in_a_solver_may_give_them_and_a_caffemodel_holds_them_once() -> None:
    param = caffe_pb2.SolverParameter(base_lr=1, lr_policy="fixed")
    param.net_param.CopyFrom(parse_net(INPUT + product(WEIGHT + BIAS)))
    net = SGDSolver(param).net
    assert net.layer("ip").blobs[1].data.tolist() == [7, 8, 9, 10]
    stored = net_to_proto(net).layer[1].blobs
    assert [len(blob.data) for blob in stored] == [12, 4]


def test_a_frozen_layer_with_params_of_its_own_needs_no_weights() -> None:
    frozen = "param { lr_mult: 0 } param { lr_mult: 0 } "
    check_frozen_layers(build(INPUT + product(frozen + WEIGHT + BIAS)), set(), "")
    with pytest.raises(NetError, match="random numbers"):
        check_frozen_layers(build(INPUT + product(frozen)), set(), "")
