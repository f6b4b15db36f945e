import numpy as np
import pytest

from torchcaffe.errors import NetError


def flatten(param="", top="y"):
    return f'layer {{ name: "l" type: "Flatten" bottom: "x" top: "{top}" flatten_param {{ {param} }} }}'


def reshape(dims, param="", top="y"):
    shape = " ".join(f"dim: {d}" for d in dims)
    param = f"reshape_param {{ shape {{ {shape} }} {param} }}"
    return f'layer {{ name: "l" type: "Reshape" bottom: "x" top: "{top}" {param} }}'


CASES = [
    (flatten(), (2, 60)),
    (flatten("axis: 2"), (2, 3, 20)),
    (flatten("axis: 0"), (120,)),
    (flatten("axis: -2"), (2, 3, 20)),
    (flatten("axis: 0 end_axis: 1"), (6, 4, 5)),
    (flatten("end_axis: -2"), (2, 12, 5)),
    (reshape((6, 20)), (6, 20)),
    (reshape((0, -1)), (2, 60)),
    (reshape((0, 0, 20)), (2, 3, 20)),
    (reshape((-1, 0, 2)), (20, 3, 2)),
    (reshape((12,), "axis: 1 num_axes: 2"), (2, 12, 5)),
    (reshape((-1, 2), "axis: 2"), (2, 3, 10, 2)),
    (reshape((4, 5, 1), "axis: -3"), (2, 3, 4, 5, 1)),
    (reshape((1,), "axis: 1 num_axes: 0"), (2, 1, 3, 4, 5)),
    (reshape((1, 1), "axis: -1 num_axes: 0"), (2, 3, 4, 5, 1, 1)),
    (reshape((0, -1), "axis: 1 num_axes: 2"), (2, 3, 4, 5)),
]


@pytest.mark.parametrize(("text", "shape"), CASES)
def test_keeps_the_values_in_another_shape(text, shape, build, check_gradients, draw):
    net = build(text, x=draw(2, 3, 4, 5))
    net.forward()
    np.testing.assert_array_equal(net.blob("y").data.numpy(), draw(2, 3, 4, 5).reshape(shape))
    assert net.blob("y").shape == shape
    check_gradients(net, "x")


def test_reshape_to_no_axes(build):
    net = build(reshape(()), x=np.array([[3.0]]))
    net.forward()
    assert net.blob("y").shape == ()
    assert float(net.blob("y").data) == 3


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (flatten(top="x"), "cannot work in place"),
        (flatten("axis: 2 end_axis: 1"), "end_axis 1 lies before its axis 2"),
        (flatten("axis: 4"), "axis 4"),
        (reshape((6, 20), top="x"), "cannot work in place"),
        (reshape((-1, -1)), "or one of them -1"),
        (reshape((-2, 3)), "at least 0"),
        (reshape((7, -1)), "not as many values"),
        (reshape((6, 21)), "not as many values"),
        (reshape((0, 0, 0, 0, 0)), "a dim 0 copies axis 4"),
        (reshape((1,), "axis: 5"), "axis 5 and num_axes -1 reach beyond"),
        (reshape((1,), "axis: 2 num_axes: 3"), "reach beyond"),
    ],
)
def test_refuses_what_cannot_be(text, word, build, draw):
    with pytest.raises(NetError, match=rf"layer 'l' \(\w+\): .*{word}"):
        build(text, x=draw(2, 3, 4, 5))
