import numpy as np
import pytest

from torchcaffe.errors import NetError


def layer(param):
    return f'layer {{ name: "l" type: "Reduction" bottom: "x" top: "y" reduction_param {{ {param} }} }}'


FORMULAS = {
    "SUM": lambda rows: rows.sum(-1),
    "MEAN": lambda rows: rows.mean(-1),
    "ASUM": lambda rows: np.abs(rows).sum(-1),
    "SUMSQ": lambda rows: (rows**2).sum(-1),
}


@pytest.mark.parametrize("operation", FORMULAS)
@pytest.mark.parametrize(("axis", "kept"), [(0, ()), (1, (2,)), (2, (2, 3)), (-1, (2, 3))])
@pytest.mark.parametrize("coeff", [1, -0.5])
def test_follows_the_formula(operation, axis, kept, coeff, build, check_gradients, draw):
    net = build(layer(f"operation: {operation} axis: {axis} coeff: {coeff}"), x=draw(2, 3, 4))
    net.forward()
    want = coeff * FORMULAS[operation](draw(2, 3, 4).reshape(*kept, -1))
    assert net.blob("y").shape == kept
    np.testing.assert_allclose(net.blob("y").data.numpy(), want, rtol=1e-12)
    check_gradients(net, ["x"])


def test_default_is_the_sum_of_everything(build):
    net = build(layer(""), x=np.array([[1.0, 2], [3, 4]]))
    net.forward()
    assert float(net.blob("y").data) == 10


def test_gradient_of_absolute_values_is_zero_at_zero(build, run_backward):
    net = build(layer("operation: ASUM"), x=np.array([-2.0, 0, 3]))
    net.forward()
    run_backward(net, {"y": 5.0})
    assert net.blob("x").diff.tolist() == [-5, 0, 5]


def test_refuses_an_axis_that_is_not_there(build, draw):
    with pytest.raises(NetError, match=r"layer 'l' \(Reduction\): there is no axis 3"):
        build(layer("axis: 3"), x=draw(2, 3, 4))
