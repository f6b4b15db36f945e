import numpy as np
import pytest

from torchcaffe.errors import NetError


def concat(param="", bottoms="abc"):
    names = " ".join(f'bottom: "{name}"' for name in bottoms)
    return f'layer {{ name: "l" type: "Concat" {names} top: "y" concat_param {{ {param} }} }}'


def cut(param="", tops="pqr"):
    names = " ".join(f'top: "{name}"' for name in tops)
    return f'layer {{ name: "l" type: "Slice" bottom: "x" {names} slice_param {{ {param} }} }}'


@pytest.mark.parametrize(("param", "axis"), [("", 1), ("axis: 0", 0), ("axis: -1", 2), ("concat_dim: 2", 2)])
def test_concat(param, axis, build, check_gradients, draw):
    """Three blobs of 2, 3 and 4 along the axis."""
    shapes = [[5, 6, 7] for _ in range(3)]
    for i, shape in enumerate(shapes):
        shape[axis] = i + 2
    parts = {name: draw(*shape) for name, shape in zip("abc", shapes, strict=True)}
    net = build(concat(param), **parts)
    net.forward()
    np.testing.assert_array_equal(net.blob("y").data.numpy(), np.concatenate(list(parts.values()), axis))
    check_gradients(net, "abc")


def test_concat_of_one_is_the_blob(build, check_gradients, draw):
    net = build(concat(bottoms="a"), a=draw(2, 3))
    net.forward()
    np.testing.assert_array_equal(net.blob("y").data.numpy(), draw(2, 3))
    check_gradients(net, "a")


def test_concat_gives_gradients_only_where_wanted(build, draw):
    text = (
        'layer { name: "s" type: "Scale" bottom: "x" top: "a" } layer { name: "t" type: "Power" bottom: "z" top: "b" }'
        + concat(bottoms="ab")
        + 'layer { name: "sum" type: "Reduction" bottom: "y" top: "u" loss_weight: 1 }'
    )
    net = build(text, x=draw(2, 3), z=draw(2, 4), force_backward=False)
    net.forward()
    net.backward()
    assert net.blob("a").diff.tolist() == [[1] * 3] * 2
    assert not net.blob("b").diff.any()


@pytest.mark.parametrize(
    ("param", "sizes", "axis"),
    [
        ("", (2, 2, 2), 1),
        ("slice_point: 1 slice_point: 3", (1, 2, 3), 1),
        ("axis: 0 slice_point: 1 slice_point: 2", (1, 1, 2), 0),
        ("axis: -1 slice_point: 2 slice_point: 4", (2, 2, 1), 2),
        ("slice_dim: 1", (2, 2, 2), 1),
    ],
)
def test_slice(param, sizes, axis, build, check_gradients, draw):
    net = build(cut(param), x=draw(4, 6, 5))
    net.forward()
    parts = np.split(draw(4, 6, 5), np.cumsum(sizes)[:2], axis)
    for name, part in zip("pqr", parts, strict=True):
        np.testing.assert_array_equal(net.blob(name).data.numpy(), part)
    check_gradients(net, "x")


def test_slice_into_one_is_the_blob(build, check_gradients, draw):
    net = build(cut(tops="p"), x=draw(2, 3))
    net.forward()
    np.testing.assert_array_equal(net.blob("p").data.numpy(), draw(2, 3))
    assert net.blob("p").data.data_ptr() == net.blob("x").data.data_ptr()
    check_gradients(net, "x")


def test_several_slices_are_copies(build, draw):
    net = build(cut("axis: 0"), x=draw(3, 2))
    net.forward()
    for name in "pqr":
        net.blob(name).data.zero_()
    np.testing.assert_array_equal(net.blob("x").data.numpy(), draw(3, 2))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (concat("axis: 1 concat_dim: 1", "xz"), "they mean the same"),
        (concat("axis: 0", "xz"), r"cannot join 'x' of shape 4 6 5 \(120\) and 'z' of shape 4 5 5 \(100\)"),
        (concat("axis: 1", "xv"), "cannot join"),
        (concat("axis: 3", "xz"), "axis 3"),
        (cut("axis: 1 slice_dim: 1"), "they mean the same"),
        (cut("slice_point: 1"), "1 slice_point for 3 tops"),
        (cut("slice_point: 3 slice_point: 3"), r"slice points \[3, 3\] must rise"),
        (cut("slice_point: 3 slice_point: 6"), "less than 6"),
        (cut("axis: 2"), "cannot be cut into 3"),
        (cut("axis: 4"), "axis 4"),
    ],
)
def test_refuses_what_does_not_fit(text, word, build, draw):
    with pytest.raises(NetError, match=rf"layer 'l' \(\w+\): .*{word}"):
        build(text, x=draw(4, 6, 5), z=draw(4, 5, 5), v=draw(4, 6))
