import numpy as np
import pytest
import torch

from torchcaffe.errors import NetError


def layer(kind, param="", bottoms='bottom: "x"', more="", top="y"):
    return f'layer {{ name: "l" type: "{kind}" {bottoms} top: "{top}" {more} {kind.lower()}_param {{ {param} }} }}'


RANDOM = 'filler { type: "gaussian" } '
SHAPES = {
    "channel": ("", (3,), (1, 3, 1, 1)),
    "last": ("axis: -1", (5,), (1, 1, 1, 5)),
    "two axes": ("axis: 1 num_axes: 2", (3, 4), (1, 3, 4, 1)),
    "to the end": ("axis: 2 num_axes: -1", (4, 5), (1, 1, 4, 5)),
    "everything": ("axis: 0 num_axes: -1", (2, 3, 4, 5), (2, 3, 4, 5)),
    "one number": ("num_axes: 0", (), (1, 1, 1, 1)),
}


@pytest.mark.parametrize("case", SHAPES.values(), ids=SHAPES)
def test_scale_by_a_param(case, build, check_gradients, draw):
    param, shape, spread = case
    bias = 'bias_term: true bias_filler { type: "gaussian" }'
    net = build(layer("Scale", f"{param} {RANDOM} {bias}"), x=draw(2, 3, 4, 5))
    net.forward()
    s, b = net.layer("l").blobs
    assert s.shape == b.shape == shape
    want = draw(2, 3, 4, 5) * s.data.numpy().reshape(spread) + b.data.numpy().reshape(spread)
    np.testing.assert_allclose(net.blob("y").data.numpy(), want, rtol=1e-14)
    check_gradients(net, ["x"])


@pytest.mark.parametrize("case", SHAPES.values(), ids=SHAPES)
def test_bias_by_a_param(case, build, check_gradients, draw):
    param, shape, spread = case
    net = build(layer("Bias", f"{param} {RANDOM}"), x=draw(2, 3, 4, 5))
    net.forward()
    (b,) = net.layer("l").blobs
    assert b.shape == shape
    np.testing.assert_array_equal(net.blob("y").data.numpy(), draw(2, 3, 4, 5) + b.data.numpy().reshape(spread))
    check_gradients(net, ["x"])


@pytest.mark.parametrize("bias", ["", 'bias_term: true bias_filler { type: "gaussian" }'])
@pytest.mark.parametrize(("axis", "shape"), [(0, (2,)), (1, (3, 4)), (2, (4, 5)), (0, (2, 3, 4, 5)), (1, ())])
def test_scale_by_a_second_bottom(axis, shape, bias, build, check_gradients, draw):
    text = layer("Scale", f"axis: {axis} {bias}", 'bottom: "x" bottom: "s"')
    net = build(text, x=draw(2, 3, 4, 5), s=draw(*shape))
    net.forward()
    spread = (1,) * axis + shape + (1,) * (4 - axis - len(shape))
    want = draw(2, 3, 4, 5) * draw(*shape).reshape(spread)
    assert [blob.shape for blob in net.layer("l").blobs] == ([shape] if bias else [])
    for blob in net.layer("l").blobs:
        want = want + blob.data.numpy().reshape(spread)
    np.testing.assert_allclose(net.blob("y").data.numpy(), want, rtol=1e-14)
    check_gradients(net, ["x", "s"])


def test_bias_by_a_second_bottom(build, check_gradients, draw):
    net = build(layer("Bias", "axis: 1", 'bottom: "x" bottom: "b"'), x=draw(2, 3, 4, 5), b=draw(3, 4))
    net.forward()
    np.testing.assert_array_equal(net.blob("y").data.numpy(), draw(2, 3, 4, 5) + draw(3, 4)[None, :, :, None])
    check_gradients(net, ["x", "b"])


@pytest.mark.parametrize(("kind", "value"), [("Scale", 1), ("Bias", 0)])
def test_default_filler_changes_nothing(kind, value, build, draw):
    net = build(layer(kind), x=draw(2, 3, 4))
    net.forward()
    assert net.layer("l").blobs[0].data.tolist() == [value] * 3
    np.testing.assert_array_equal(net.blob("y").data.numpy(), draw(2, 3, 4))


def test_scale_gradients_by_hand(build, run_backward):
    """x = 1 2 / 3 4 as (2, 2), s = 10 20, dy = 1 1 / 1 2: ds = 1 + 3 and 2 + 8, db = 2 and 3, dx = dy s."""
    net = build(layer("Scale", "bias_term: true"), x=np.array([[1.0, 2], [3, 4]]))
    s, b = net.layer("l").blobs
    s.data.copy_(torch.tensor([10.0, 20]))
    net.forward()
    run_backward(net, {"y": [[1.0, 1], [1, 2]]})
    assert s.diff.tolist() == [4, 10]
    assert b.diff.tolist() == [2, 3]
    assert net.blob("x").diff.tolist() == [[10, 20], [10, 40]]


@pytest.mark.parametrize("kind", ["Scale", "Bias"])
def test_in_place(kind, build, check_gradients, draw):
    identity = 'layer { name: "id" type: "Power" bottom: "x" top: "y" }'
    param = RANDOM + ('bias_term: true bias_filler { type: "gaussian" }' if kind == "Scale" else "")
    net = build(identity + layer(kind, param, 'bottom: "y"'), x=draw(2, 3, 4))
    check_gradients(net, ["x"])


@pytest.mark.parametrize("frozen", [0, 1])
def test_frozen_params_get_no_gradient(frozen, build, run_backward, draw):
    more = "param { lr_mult: 0 } param { }" if frozen == 0 else "param { } param { lr_mult: 0 }"
    text = layer("Scale", RANDOM + "bias_term: true", more=more)
    text += ' layer { name: "sum" type: "Reduction" bottom: "y" top: "s" loss_weight: 1 }'
    net = build(text, x=draw(2, 3, 4), force_backward=False)
    net.forward()
    run_backward(net, {})
    assert [bool(blob.diff.any()) for blob in net.layer("l").blobs] == [frozen != 0, frozen != 1]
    assert not net.blob("x").diff.any()


@pytest.mark.parametrize(
    ("param", "bottoms", "word"),
    [
        ("axis: 1 num_axes: 3", 'bottom: "x"', "3 axes from axis 1"),
        ("num_axes: -2", 'bottom: "x"', "num_axes is -2"),
        ("axis: 5", 'bottom: "x"', "axis 5"),
        ("axis: 1", 'bottom: "x" bottom: "z"', r"shape 2 \(2\) does not fit.*2 3 4 \(24\)"),
    ],
)
@pytest.mark.parametrize("kind", ["Scale", "Bias"])
def test_refuses_what_does_not_fit(kind, param, bottoms, word, build, draw):
    with pytest.raises(NetError, match=rf"layer 'l' \({kind}\): .*{word}"):
        build(layer(kind, param, bottoms), x=draw(2, 3, 4), z=draw(2))
