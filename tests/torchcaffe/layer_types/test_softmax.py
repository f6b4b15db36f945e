import numpy as np
import pytest
import torch

from torchcaffe.errors import NetError


def layer(param="", bottom="x"):
    return f'layer {{ name: "l" type: "Softmax" bottom: "{bottom}" top: "y" softmax_param {{ {param} }} }}'


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("in_place", [False, True])
def test_follows_the_formula(axis, in_place, build, check_gradients, draw):
    text = layer(f"axis: {axis}")
    if in_place:
        text = 'layer { name: "id" type: "Power" bottom: "x" top: "y" }' + layer(f"axis: {axis}", "y")
    net = build(text, x=draw(2, 3, 5))
    net.forward()
    e = np.exp(draw(2, 3, 5))
    np.testing.assert_allclose(net.blob("y").data.numpy(), e / e.sum(axis, keepdims=True), rtol=1e-12)
    check_gradients(net, ["x"])


def test_by_hand(build, run_backward):
    """x = 0, log 3: y = 1/4, 3/4; with dy = 1, 0: dx = y (dy - 1/4) = 3/16, -3/16."""
    net = build(layer(), x=np.log([[1.0, 3.0]]))
    net.forward()
    np.testing.assert_allclose(net.blob("y").data.numpy(), [[0.25, 0.75]], rtol=1e-15)
    run_backward(net, {"y": [[1.0, 0.0]]})
    np.testing.assert_allclose(net.blob("x").diff.numpy(), [[0.1875, -0.1875]], rtol=1e-14)


def test_large_values_do_not_overflow(build):
    net = build(layer(), x=np.array([[1000.0, 1000.0, -1000.0]]), dtype=torch.float32)
    net.forward()
    assert net.blob("y").data.tolist() == [[0.5, 0.5, 0]]


def test_refuses_an_axis_that_is_not_there(build, draw):
    with pytest.raises(NetError, match=r"layer 'l' \(Softmax\): there is no axis 3"):
        build(layer("axis: 3"), x=draw(2, 3, 5))
