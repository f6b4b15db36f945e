"""Backward without a forward before it, and the names that Caffe's own Python code uses."""

from collections.abc import Callable

import numpy as np
import pytest

import torchcaffe as caffe
from torchcaffe.rng import global_rng

Build = Callable[..., caffe.Net]

INPUT = 'force_backward: true layer { type: "Input" name: "in" top: "x" input_param { shape { dim: 3 dim: 4 } } }\n'
IP = (
    'layer { type: "InnerProduct" name: "ip" bottom: "x" top: "ip" '
    'inner_product_param { num_output: 5 weight_filler { type: "gaussian" } bias_filler { value: 2 } } }\n'
)
X = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
DY = np.random.default_rng(1).normal(size=(3, 5)).astype(np.float32)


def test_an_inner_product(net_of: Build, memory: None) -> None:
    net = net_of(INPUT + IP)
    net.blobs["x"].data[...] = X
    net.blobs["ip"].diff[...] = DY
    weights = net.params["ip"][0]
    np.testing.assert_allclose(net.backward()["x"], DY @ weights.data, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(weights.diff, DY.T @ X, rtol=1e-5, atol=1e-6)
    assert not net.blobs["ip"].data.any(), "as nothing has run forward"


def test_a_loss_starts_from_its_weight(net_of: Build) -> None:
    """d/dx of 3 / 2N sum (x - 0)^2 is 3 x / N."""
    zero = 'layer { type: "DummyData" name: "zero" top: "zero" dummy_data_param { shape { dim: 3 dim: 4 } } }\n'
    loss = 'layer { type: "EuclideanLoss" name: "l" bottom: "x" bottom: "zero" top: "l" loss_weight: 3 }'
    net = net_of(INPUT + zero + loss)
    net.blobs["x"].data[...] = X
    assert float(net.blobs["l"].diff) == 3
    np.testing.assert_allclose(net.backward()["x"], X, rtol=1e-6)
    net.blobs["l"].diff[...] = 6
    np.testing.assert_allclose(net.backward()["x"], 2 * X, rtol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        'type: "BatchNorm" name: "l" bottom: "x" top: "y"',
        'type: "Dropout" name: "l" bottom: "x" top: "y"',
        'type: "ReLU" name: "l" bottom: "x" top: "x"',
        'type: "Sigmoid" name: "l" bottom: "x" top: "y"',
    ],
)
def test_it_leaves_no_trace(net_of: Build, layer: str) -> None:
    net = net_of(f"{INPUT} layer {{ {layer} }}")
    top = net.outputs[0]
    net.blobs["x"].data[...] = X
    before = [blob.data.copy() for blob in [*net.blobs.values(), *net.layers[1].blobs]]
    net.blobs[top].diff[...] = 1
    state = global_rng().state
    gradient = net.backward()["x"].copy()
    assert global_rng().state == state
    for blob, was in zip([*net.blobs.values(), *net.layers[1].blobs], before, strict=True):
        np.testing.assert_array_equal(blob.data, was)
    net.forward()
    net.blobs[top].diff[...] = 1
    np.testing.assert_allclose(net.backward()["x"], gradient, rtol=1e-5, atol=1e-6)


def test_a_reshape_asks_for_another_forward(net_of: Build) -> None:
    net = net_of(INPUT + IP)
    net.forward(x=X)
    net.blobs["x"].reshape(2, 4)
    net.reshape()
    net.blobs["ip"].diff[...] = DY[:2]
    np.testing.assert_allclose(net.backward()["x"], DY[:2] @ net.params["ip"][0].data, rtol=1e-5)


def test_layers_by_number_as_caffes_own_python_runs_them(net_of: Build) -> None:
    double = 'layer { type: "Power" name: "p" bottom: "ip" top: "p" power_param { scale: 2 } loss_weight: 0.5 }'
    net = net_of(INPUT + IP + double)
    net.blobs["x"].data[...] = X
    assert net._forward(0, 1) == 0
    assert net._forward(2, 2) == pytest.approx(float(net.blobs["ip"].data.sum()), rel=1e-5)
    net._backward(2, 2)
    np.testing.assert_array_equal(net.blobs["ip"].diff, np.full((3, 5), 1))
    assert [list(net._bottom_ids(i)) for i in range(3)] == [[], [0], [1]]
    assert [list(net._top_ids(i)) for i in range(3)] == [[0], [1], [2]]
    assert (list(net._inputs), list(net._outputs)) == ([0], [2])
    assert [blob.shape for blob in net._blobs] == [(3, 4), (3, 5), (3, 5)]
    assert list(net._blob_loss_weights) == [0, 0, 0.5]
