import math

import numpy as np
import pytest

from torchcaffe.errors import NetError


def layer(kind, param, bottom="x"):
    return f'layer {{ name: "l" type: "{kind}" bottom: "{bottom}" top: "y" {kind.lower()}_param {{ {param} }} }}'


X = np.array([[0.5, 1.25, 2.0], [3.5, 0.75, 4.0]])

CASES = [
    ("Power", "", lambda x: x),
    ("Power", "scale: 3 shift: -0.5", lambda x: 3 * x - 0.5),
    ("Power", "power: 2", lambda x: x * x),
    ("Power", "power: 2 scale: 0.5 shift: 1.5", lambda x: (0.5 * x + 1.5) ** 2),
    ("Power", "power: -1.5 scale: 2", lambda x: (2 * x) ** -1.5),
    ("Power", "power: 0.5 scale: 2 shift: 1", lambda x: np.sqrt(2 * x + 1)),
    ("Power", "power: 0", np.ones_like),
    ("Power", "power: 3 scale: 0 shift: 2", lambda x: np.full_like(x, 8)),
    ("Power", "scale: 0", np.zeros_like),
    ("Power", "power: 0 scale: 0", np.ones_like),
    ("Log", "", np.log),
    ("Log", "base: 2", np.log2),
    ("Log", "base: 10 scale: 4 shift: 0.5", lambda x: np.log10(4 * x + 0.5)),
    ("Exp", "", np.exp),
    ("Exp", "base: 2", np.exp2),
    ("Exp", "scale: 0.5 shift: 0.25", lambda x: np.exp(0.5 * x + 0.25)),
    ("Exp", "base: 3 scale: -0.5 shift: 2", lambda x: 3 ** (2 - 0.5 * x)),
    ("Exp", "base: 1", np.ones_like),
]


@pytest.mark.parametrize(("kind", "param", "formula"), CASES, ids=[f"{kind} {param}" for kind, param, _ in CASES])
@pytest.mark.parametrize("in_place", [False, True])
def test_follows_the_formula(kind, param, formula, in_place, build, check_gradients):
    text = layer(kind, param)
    if in_place:
        text = 'layer { name: "id" type: "Power" bottom: "x" top: "y" }' + layer(kind, param, "y")
    net = build(text, x=X)
    net.forward()
    np.testing.assert_allclose(net.blob("y").data.numpy(), formula(X), rtol=1e-13)
    check_gradients(net, ["x"])


def test_power_by_hand(build, run_backward):
    """y = (1 + 2 x)^3 at x = -1: -1, and dy/dx = 6 (1 + 2 x)^2 = 6."""
    net = build(layer("Power", "power: 3 scale: 2 shift: 1"), x=np.array([-1.0]))
    net.forward()
    assert net.blob("y").data.tolist() == [-1]
    run_backward(net, {"y": [0.5]})
    assert net.blob("x").diff.tolist() == [3]


def test_gradient_of_a_square_at_zero_is_zero(build, run_backward):
    net = build(layer("Power", "power: 2 scale: 5"), x=np.zeros(3))
    net.forward()
    run_backward(net, {"y": [1.0, 2, 3]})
    assert net.blob("x").diff.tolist() == [0, 0, 0]


def test_constant_power_hides_what_it_does_not_read(build):
    """Power with scale 0 makes the zero channels of a shortcut, whatever comes in."""
    net = build(layer("Power", "scale: 0"), x=np.array([math.inf, math.nan, 1.0]))
    net.forward()
    assert net.blob("y").data.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("kind", "param", "word"),
    [("Log", "base: 0", "base is 0"), ("Log", "base: 1", "base is 1"), ("Exp", "base: -2", "base is -2")],
)
def test_refuses_a_base(kind, param, word, build):
    with pytest.raises(NetError, match=rf"layer 'l' \({kind}\): its {word}"):
        build(layer(kind, param), x=X)
