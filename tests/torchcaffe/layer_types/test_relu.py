import numpy as np
import pytest
import torch


def layer(param="", bottom="x"):
    return f'layer {{ name: "l" type: "ReLU" bottom: "{bottom}" top: "y" relu_param {{ {param} }} }}'


@pytest.mark.parametrize(("slope", "want"), [(0, [-0.0, 0, 3]), (0.25, [-0.5, 0, 3]), (-1, [2, 0, 3])])
def test_values_and_gradients_by_hand(slope, want, build, run_backward):
    """x = -2 0 3, dy = 5 7 11: dx is dy times slope, slope (Caffe counts 0 as negative) and 1."""
    net = build(layer(f"negative_slope: {slope}"), x=np.array([-2.0, 0, 3]))
    net.forward()
    assert net.blob("y").data.tolist() == want
    run_backward(net, {"y": [5.0, 7, 11]})
    assert net.blob("x").diff.tolist() == [5 * slope, 7 * slope, 11]


@pytest.mark.parametrize("slope", [0, 0.1, -0.5])
@pytest.mark.parametrize("in_place", [False, True])
def test_gradients(slope, in_place, build, check_gradients, draw):
    text = layer(f"negative_slope: {slope}")
    if in_place:
        text = 'layer { name: "id" type: "Power" bottom: "x" top: "y" }' + layer(f"negative_slope: {slope}", "y")
    check_gradients(build(text, x=draw(2, 3, 4, 5)), ["x"])


def test_a_nan_stays_one(build):
    """A diverged net must not look healthy."""
    net = build(layer(), x=np.array([np.nan, -1.0]))
    net.forward()
    assert torch.isnan(net.blob("y").data).tolist() == [True, False]
