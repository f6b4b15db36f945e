"""AbsVal, BNLL, Clip, ELU, PReLU, Sigmoid, Swish, TanH and Threshold."""

from math import log

import numpy as np
import pytest
import torch

from torchcaffe.errors import NetError

LN3 = log(3)


def layer(kind, param="", top="y", bottom="x"):
    return f'layer {{ name: "l" type: "{kind}" bottom: "{bottom}" top: "{top}" {param} }}'


def in_place(kind, param):
    return 'layer { name: "id" type: "Power" bottom: "x" top: "y" }' + layer(kind, param, bottom="y")


BY_HAND = [
    # type, parameters, x, y, dy / dx
    ("AbsVal", "", [-2, 0, 3], [2, 0, 3], [-1, 0, 1]),
    # log(1 + 1), log(1 + 3); e / (e + 1) is 1 / 2, 3 / 4; far out y is 0 or x.
    ("BNLL", "", [0, LN3, -1000, 1000], [log(2), log(4), 0, 1000], [0.5, 0.75, 0, 1]),
    ("Clip", "clip_param { min: -1 max: 2 }", [-3, -1, 0.5, 2, 4], [-1, -1, 0.5, 2, 2], [0, 1, 1, 1, 0]),
    # Bounds the wrong way round: the lower one wins.
    ("Clip", "clip_param { min: 2 max: 1 }", [-3, 1.5, 4], [2, 2, 2], [0, 0, 0]),
    # 0.5 (1 / 2 - 1) = -0.25; there and at 0 the slope is alpha + y.
    ("ELU", "elu_param { alpha: 0.5 }", [-log(2), 0, 3], [-0.25, 0, 3], [0.25, 0.5, 1]),
    ("Sigmoid", "", [0, LN3, -LN3], [0.5, 0.75, 0.25], [0.25, 0.1875, 0.1875]),
    # sigmoid(2 log(3) / 2) = 3 / 4, and the slope is s + beta x s (1 - s).
    ("Swish", "swish_param { beta: 2 }", [0, LN3 / 2], [0, 0.375 * LN3], [0.5, 0.75 + LN3 * 0.1875]),
    # (2 - 1 / 2) / (2 + 1 / 2) = 0.6
    ("TanH", "", [0, log(2)], [0, 0.6], [1, 0.64]),
]


@pytest.mark.parametrize(("kind", "param", "x", "y", "slope"), BY_HAND, ids=[f"{c[0]} {c[1]}" for c in BY_HAND])
def test_values_and_gradients_by_hand(kind, param, x, y, slope, build, run_backward):
    net = build(layer(kind, param), x=np.array(x, dtype=float))
    net.forward()
    np.testing.assert_allclose(net.blob("y").data.numpy(), y, rtol=1e-14, atol=1e-14)
    dy = np.arange(2.0, 2 + len(x))
    run_backward(net, {"y": dy})
    np.testing.assert_allclose(net.blob("x").diff.numpy(), dy * slope, rtol=1e-14, atol=1e-14)


SMOOTH = [
    ("BNLL", ""),
    ("Clip", "clip_param { min: -0.7 max: 0.4 }"),
    ("ELU", ""),
    ("ELU", "elu_param { alpha: 0.3 }"),
    ("PReLU", 'prelu_param { filler { type: "gaussian" } }'),
    ("PReLU", 'prelu_param { channel_shared: true filler { type: "gaussian" } }'),
    ("Sigmoid", ""),
    ("Swish", ""),
    ("Swish", "swish_param { beta: -1.5 }"),
    ("TanH", ""),
]


@pytest.mark.parametrize(("kind", "param"), SMOOTH, ids=[" ".join(c) for c in SMOOTH])
@pytest.mark.parametrize("is_in_place", [False, True])
def test_gradients(kind, param, is_in_place, build, check_gradients, draw):
    text = in_place(kind, param) if is_in_place else layer(kind, param)
    check_gradients(build(text, x=draw(2, 3, 4, 5)), ["x"])


def test_gradient_of_abs_val(build, check_gradients, draw):
    check_gradients(build(layer("AbsVal"), x=draw(2, 3, 4, 5)), ["x"])


def test_abs_val_refuses_to_work_in_place(build):
    with pytest.raises(NetError, match=r"layer 'l' \(AbsVal\): it cannot work in place"):
        build(in_place("AbsVal", ""), x=np.ones(3))


def test_clip_needs_bounds(build):
    with pytest.raises(NetError, match="clip_param"):
        build(layer("Clip"), x=np.ones(3))


def test_float32_does_not_overflow(build):
    """exp(100) is not a float32."""
    x = np.array([-100.0, 100.0])
    for kind, want in (("BNLL", [0, 100]), ("ELU", [-1, 100]), ("Sigmoid", [0, 1]), ("Swish", [0, 100])):
        net = build(layer(kind), x=x, dtype=torch.float32)
        net.forward()
        np.testing.assert_allclose(net.blob("y").data.numpy(), want, atol=1e-40)


@pytest.mark.parametrize(("shared", "want"), [("false", [-2, -34]), ("true", -36)])
def test_prelu_by_hand(shared, want, build, run_backward):
    """Slopes 0.5 and -3 (2 and 2 if shared); their gradients are the sums of x dy over x <= 0, by channel."""
    text = layer("PReLU", f"prelu_param {{ channel_shared: {shared} }}")
    net = build(text, x=np.array([[[-2.0, 0, 3], [-1, 4, -5]]]))
    slopes = net.layer("l").blobs[0]
    assert (slopes.data == 0.25).all()
    slopes.data.copy_(torch.tensor([0.5, -3]) if shared == "false" else torch.tensor(2))
    net.forward()
    by_hand = [[[-1, 0, 3], [3, 4, 15]]] if shared == "false" else [[[-4, 0, 3], [-2, 4, -10]]]
    assert net.blob("y").data.tolist() == by_hand
    run_backward(net, {"y": [[[1.0, 2, 3], [4, 5, 6]]]})
    dx = [[[0.5, 1, 3], [-12, 5, -18]]] if shared == "false" else [[[2, 4, 3], [8, 5, 12]]]
    assert net.blob("x").diff.tolist() == dx
    assert slopes.diff.tolist() == want
    net.backward()
    assert slopes.diff.tolist() == (2 * np.array(want)).tolist(), "the gradient of a param adds up"


def test_prelu_works_on_items_by_channels(build, check_gradients, draw):
    check_gradients(build(layer("PReLU"), x=draw(2, 5)), ["x"])


def test_prelu_needs_a_channel_axis(build):
    with pytest.raises(NetError, match="1 axes: it needs at least 2"):
        build(layer("PReLU"), x=np.ones(3))


def test_prelu_with_a_frozen_slope(build, draw):
    net = build(layer("PReLU", "param { lr_mult: 0 }"), force_backward=False, x=draw(2, 3))
    net.forward()
    net.blob("y").diff = torch.ones(2, 3, dtype=torch.float64)
    net.layer("l").backward([net.blob("y")], [True], [net.blob("x")])
    assert net.blob("x").diff.all()
    assert not net.layer("l").blobs[0].diff.any()


def test_threshold_by_hand(build, run_backward):
    net = build(layer("Threshold", "threshold_param { threshold: 0.5 }"), x=np.array([0.25, 0.5, 0.75, -1]))
    net.forward()
    assert net.blob("y").data.tolist() == [0, 0, 1, 0]
    with pytest.raises(NetError, match=r"layer 'l' \(Threshold\): it cannot propagate a gradient"):
        run_backward(net, {"y": [1.0, 1, 1, 1]})
