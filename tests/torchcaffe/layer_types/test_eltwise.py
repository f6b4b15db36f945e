import numpy as np
import pytest
import torch

from torchcaffe.errors import NetError

THREE = 'bottom: "a" bottom: "b" bottom: "c"'


def layer(param, bottoms=THREE, top="y"):
    return f'layer {{ name: "l" type: "Eltwise" {bottoms} top: "{top}" eltwise_param {{ {param} }} }}'


CASES = {
    "": lambda a, b, c: a + b + c,
    "coeff: 2 coeff: -0.5 coeff: 1": lambda a, b, c: 2 * a - 0.5 * b + c,
    "operation: PROD": lambda a, b, c: a * b * c,
    "operation: PROD stable_prod_grad: false": lambda a, b, c: a * b * c,
    "operation: MAX": lambda a, b, c: np.maximum(np.maximum(a, b), c),
}


def inputs(draw):
    return {"a": draw(2, 3, 4, 5), "b": draw(3, 2, 4, 5).reshape(2, 3, 4, 5), "c": draw(4, 3, 2, 5).reshape(2, 3, 4, 5)}


@pytest.mark.parametrize("param", CASES)
def test_follows_the_formula(param, build, check_gradients, draw):
    net = build(layer(param), **inputs(draw))
    net.forward()
    np.testing.assert_allclose(net.blob("y").data.numpy(), CASES[param](*inputs(draw).values()), rtol=1e-14)
    check_gradients(net, ["a", "b", "c"])


@pytest.mark.parametrize("param", CASES)
def test_in_place(param, build, check_gradients, draw):
    text = 'layer { name: "id" type: "Power" bottom: "a" top: "y" }'
    net = build(text + layer(param, 'bottom: "y" bottom: "b" bottom: "c"'), **inputs(draw))
    check_gradients(net, ["a", "b", "c"])


def test_product_with_zeros_has_a_gradient(build, run_backward):
    """Three factors 2, 0, 5: the derivatives are 0, 10, 0."""
    net = build(layer("operation: PROD"), a=np.array([2.0]), b=np.array([0.0]), c=np.array([5.0]))
    net.forward()
    run_backward(net, {"y": [3.0]})
    assert [float(net.blob(name).diff) for name in "abc"] == [0, 30, 0]


def test_product_divided_as_asked(build, run_backward):
    """stable_prod_grad: false divides y by the factor, 0 / 0 where that is 0."""
    text = layer("operation: PROD stable_prod_grad: false")
    net = build(text, a=np.array([2.0]), b=np.array([0.0]), c=np.array([5.0]))
    net.forward()
    run_backward(net, {"y": [3.0]})
    assert [float(net.blob(name).diff) for name in "ac"] == [0, 0]
    assert torch.isnan(net.blob("b").diff).all()


def test_max_gives_ties_to_the_second_of_two_and_to_the_first_of_later_ones(build, run_backward):
    net = build(layer("operation: MAX"), a=np.array([1.0, 1, 4]), b=np.array([1.0, 0, 3]), c=np.array([1.0, 1, 9]))
    net.forward()
    assert net.blob("y").data.tolist() == [1, 1, 9]
    run_backward(net, {"y": [5.0, 6, 7]})
    assert [net.blob(name).diff.tolist() for name in "abc"] == [[0, 6, 0], [5, 0, 0], [0, 0, 7]]


def test_only_wanted_gradients_are_made(build, draw):
    """Both bottoms come from layers that learn, but propagate_down cuts the first one off."""
    text = """
        layer { name: "la" type: "Scale" bottom: "a" top: "sa" }
        layer { name: "lb" type: "Scale" bottom: "b" top: "sb" }
        layer {
          name: "l" type: "Eltwise" bottom: "sa" bottom: "sb" top: "y" propagate_down: false propagate_down: true
        }
        layer { name: "sum" type: "Reduction" bottom: "y" top: "s" loss_weight: 1 }"""
    net = build(text, force_backward=False, a=draw(2, 3), b=draw(2, 3))
    net.forward()
    net.backward()
    assert [bool(net.blob(name).diff.any()) for name in ("sa", "sb")] == [False, True]
    assert [bool(net.layer(name).blobs[0].diff.any()) for name in ("la", "lb")] == [False, True]


@pytest.mark.parametrize(
    ("param", "word"),
    [("coeff: 1", "1 coeff for 3 bottoms"), ("operation: PROD coeff: 1 coeff: 1 coeff: 1", "coeff is for SUM")],
)
def test_refuses_coefficients(param, word, build, draw):
    with pytest.raises(NetError, match=rf"layer 'l' \(Eltwise\): .*{word}"):
        build(layer(param), **inputs(draw))


def test_refuses_unequal_shapes(build, draw):
    with pytest.raises(NetError, match=r"layer 'l' \(Eltwise\).*'a' has 2 3 \(6\) and 'c' has 3 2 \(6\)"):
        build(layer(""), a=draw(2, 3), b=draw(2, 3), c=draw(3, 2))


def test_refuses_a_single_bottom(build, draw):
    with pytest.raises(NetError, match="at least 2 bottom"):
        build(layer("", 'bottom: "a"'), a=draw(2, 3))
