"""ArgMax, BatchReindex, Crop, Embed, Filter, Parameter and Tile."""

import re

import numpy as np
import pytest
import torch

from torchcaffe.errors import DataError, NetError


def layer(kind, param="", bottoms="x", tops="y"):
    io = "".join(f' bottom: "{b}"' for b in bottoms) + "".join(f' top: "{t}"' for t in tops)
    return f'layer {{ name: "l" type: "{kind}" {io} {param} }}'


# ArgMax

SCORES = np.array([[[3.0, 1], [5, 2]], [[7, 9], [9, 8]]])  # (2, 2, 2)


@pytest.mark.parametrize(
    ("param", "want"),
    [
        # Flattened: 3 1 5 2 and 7 9 9 8, of which the later 9, at 2, comes first.
        ("top_k: 3", [[[2, 0, 3]], [[2, 1, 3]]]),
        ("top_k: 2 out_max_val: true", [[[2, 0], [5, 3]], [[2, 1], [9, 9]]]),
        ("axis: 1", [[[1, 1]], [[1, 0]]]),
        ("axis: 1 out_max_val: true", [[[5, 2]], [[9, 9]]]),
        ("axis: -1 top_k: 2", [[[0, 1], [0, 1]], [[1, 0], [0, 1]]]),
    ],
)
def test_arg_max_by_hand(param, want, build):
    net = build(layer("ArgMax", f"argmax_param {{ {param} }}"), x=SCORES)
    net.forward()
    assert net.blob("y").data.tolist() == want


def test_arg_max_takes_the_last_of_equals_first(build):
    net = build(layer("ArgMax", "argmax_param { top_k: 4 }"), x=np.array([[3.0, 5, 5, 1, 5]]))
    net.forward()
    assert net.blob("y").data.tolist() == [[[4, 2, 1, 0]]]


@pytest.mark.parametrize(
    ("shape", "param", "want"),
    [
        ((5, 7), "", (5, 1, 1)),
        ((2, 3, 4, 5), "top_k: 6", (2, 1, 6, 1)),
        ((2, 3, 4, 5), "top_k: 6 out_max_val: true", (2, 2, 6, 1)),
        ((2, 3, 4, 5), "axis: 2 top_k: 3", (2, 3, 3, 5)),
    ],
)
def test_shape_of_arg_max(shape, param, want, build, draw):
    net = build(layer("ArgMax", f"argmax_param {{ {param} }}"), x=draw(*shape))
    net.forward()
    assert net.blob("y").shape == want


def test_arg_max_has_no_gradient(build, run_backward):
    net = build(layer("ArgMax"), x=SCORES)
    net.forward()
    with pytest.raises(NetError, match="cannot propagate a gradient"):
        run_backward(net, {"y": np.ones((2, 1, 1))})


# BatchReindex


def test_batch_reindex_by_hand(build, run_backward):
    """Items 2 0 2 of three: item 1 gets no gradient, item 2 two of them. 1.9 is cut off to 1."""
    net = build(layer("BatchReindex", bottoms="xi"), x=np.array([[1.0, 2], [3, 4], [5, 6]]), i=np.array([2, 0, 2.0]))
    net.forward()
    assert net.blob("y").data.tolist() == [[5, 6], [1, 2], [5, 6]]
    run_backward(net, {"y": [[1.0, 2], [4, 8], [16, 32]]})
    assert net.blob("x").diff.tolist() == [[4, 8], [0, 0], [17, 34]]
    net.blob("i").data = torch.tensor([1.9, 0, 0], dtype=torch.float64)
    net.forward()
    assert net.blob("y").data.tolist() == [[3, 4], [1, 2], [1, 2]]


def test_gradient_of_batch_reindex(build, check_gradients, draw):
    net = build(layer("BatchReindex", bottoms="xi"), x=draw(3, 2, 5, 4), i=np.array([1.0, 1, 2, 0, 2, 1, 1]))
    check_gradients(net, ["x"])


@pytest.mark.parametrize("index", [-1, 3])
def test_batch_reindex_refuses_an_item_that_is_not_there(index, build, draw):
    net = build(layer("BatchReindex", bottoms="xi"), x=draw(3, 2), i=np.array([0.0, index]))
    with pytest.raises(DataError, match=f"layer 'l' .*index {index} is not one of 0 to 2"):
        net.forward()


# Crop


def test_crop_by_hand(build, run_backward):
    """The first bottom holds 0 .. 11 as 1 x 1 x 3 x 4; 2 x 2 of it from row 1, column 2 on."""
    text = layer("Crop", "crop_param { offset: 1 offset: 2 }", bottoms="xs")
    net = build(text, x=np.arange(12.0).reshape(1, 1, 3, 4), s=np.zeros((9, 8, 2, 2)))
    net.forward()
    assert net.blob("y").data.tolist() == [[[[6, 7], [10, 11]]]]
    net.blob("s").diff = torch.full((9, 8, 2, 2), 7.0, dtype=torch.float64)
    run_backward(net, {"y": [[[[1.0, 2], [3, 4]]]]})
    assert net.blob("x").diff.tolist() == [[[[0, 0, 0, 0], [0, 0, 1, 2], [0, 0, 3, 4]]]]
    assert not net.blob("s").diff.any()


def test_crop_is_a_copy_of_its_part(build, draw):
    net = build(layer("Crop", "crop_param { axis: 0 }", bottoms="xs"), x=draw(3, 2), s=np.zeros((2, 2)))
    net.forward()
    net.blob("y").data.zero_()
    np.testing.assert_array_equal(net.blob("x").data.numpy(), draw(3, 2))


@pytest.mark.parametrize(
    ("param", "part"),
    [
        ("", np.s_[:, :, :2, :3]),
        ("offset: 1", np.s_[:, :, 1:3, 1:4]),
        ("axis: 1 offset: 1 offset: 2 offset: 0", np.s_[:, 1:3, 2:4, :3]),
        ("axis: -1 offset: 2", np.s_[:, :, :, 2:5]),
    ],
)
def test_crop_is_a_slice(param, part, build, check_gradients, draw):
    x = draw(2, 3, 4, 5)
    net = build(layer("Crop", f"crop_param {{ {param} }}", bottoms="xs"), x=x, s=draw(7, 2, 2, 3))
    net.forward()
    assert (net.blob("y").data.numpy() == x[part]).all()
    check_gradients(net, ["x", "s"])


@pytest.mark.parametrize(
    ("param", "word"),
    [
        ("offset: 1 offset: 1 offset: 1", "3 offsets: expected one, or one for each of the 2 axes from axis 2 on"),
        ("offset: 3", "axis 2 of its first bottom has size 4: too small for 2 from offset 3 on"),
        ("axis: 0", "axis 0 of its first bottom has size 2: too small for 7 from offset 0 on"),
        ("axis: 4", "axis 4"),
    ],
)
def test_crop_refuses(param, word, build, draw):
    with pytest.raises(NetError, match=word):
        build(layer("Crop", f"crop_param {{ {param} }}", bottoms="xs"), x=draw(2, 3, 4, 5), s=draw(7, 2, 2, 3))


# Embed

EMBED = "embed_param { num_output: 2 input_dim: 3 }"


def test_embed_by_hand(build, run_backward):
    net = build(layer("Embed", EMBED), x=np.array([[2.0, 0, 2.9]]))
    weight, bias = net.layer("l").blobs
    weight.data.copy_(torch.tensor([[1.0, 2], [3, 4], [5, 6]]))
    bias.data.copy_(torch.tensor([10.0, 20]))
    net.forward()
    assert net.blob("y").data.tolist() == [[[15, 26], [11, 22], [15, 26]]]
    for times in (1, 2):  # What params gain adds up.
        if times == 1:
            run_backward(net, {"y": [[[1.0, 2], [4, 8], [16, 32]]]})
        else:
            net.backward()
        assert weight.diff.tolist() == [[4 * times, 8 * times], [0, 0], [17 * times, 34 * times]]
        assert bias.diff.tolist() == [21 * times, 42 * times]


@pytest.mark.parametrize("bias", ["true", "false"])
def test_gradients_of_embed(bias, build, check_gradients):
    param = f'num_output: 4 input_dim: 5 bias_term: {bias} weight_filler {{ type: "gaussian" }}'
    net = build(layer("Embed", f"embed_param {{ {param} }}"), x=np.array([[4.0, 0, 4], [1, 2, 0]]))
    check_gradients(net, [])
    assert net.blob("y").shape == (2, 3, 4)
    assert len(net.layer("l").blobs) == (2 if bias == "true" else 1)


@pytest.mark.parametrize("key", ["num_output", "input_dim"])
def test_embed_needs_sizes(key, build):
    with pytest.raises(NetError, match=f"no {key}"):
        build(layer("Embed", re.sub(f"{key}: .", "", EMBED)), x=np.zeros(2))


def test_embed_refuses_an_index_that_is_not_there(build):
    net = build(layer("Embed", EMBED), x=np.array([3.0]))
    with pytest.raises(DataError, match="index 3 is not one of 0 to 2"):
        net.forward()


# Filter

FILTER = layer("Filter", bottoms="xzs", tops="yu")


def test_filter_by_hand(build, run_backward):
    net = build(FILTER, x=np.array([[1.0, 2], [3, 4], [5, 6]]), z=np.array([7.0, 8, 9]), s=np.array([[0.5], [0], [-1]]))
    assert net.blob("y").shape == (3, 2), "before the first batch all items count as chosen"
    net.forward()
    assert net.blob("y").data.tolist() == [[1, 2], [5, 6]]
    assert net.blob("u").data.tolist() == [7, 9]
    run_backward(net, {"y": [[1.0, 2], [4, 8]], "u": [16.0, 32]})
    assert net.blob("x").diff.tolist() == [[1, 2], [0, 0], [4, 8]]
    assert net.blob("z").diff.tolist() == [16, 0, 32]


def test_filter_with_nothing_chosen(build, run_backward, draw):
    net = build(FILTER, x=draw(3, 2), z=draw(3, 4), s=np.zeros(3))
    net.forward()
    assert net.blob("y").shape == (0, 2)
    run_backward(net, {})
    assert not net.blob("x").diff.any()


def test_gradient_of_filter(build, check_gradients, draw):
    net = build(FILTER, x=draw(6, 2, 5, 4), z=draw(6, 3), s=np.array([0, 1.0, 1, 0, 2, 1]))
    check_gradients(net, ["x", "z"])


@pytest.mark.parametrize(
    ("text", "shapes", "word"),
    [
        (layer("Filter", bottoms="xzs"), ((3, 2), (3,), (3,)), "1 tops for 3 bottoms"),
        (FILTER, ((3, 2), (4,), (3,)), "its bottom 'z' holds 4 items: expected 3"),
        (FILTER, ((3, 2), (3,), (3, 2)), "one value for each item"),
    ],
)
def test_filter_refuses(text, shapes, word, build):
    x, z, s = (np.zeros(shape) for shape in shapes)
    with pytest.raises(NetError, match=word):
        build(text, x=x, z=z, s=s)


@pytest.mark.parametrize(
    ("kind", "param", "unwanted"), [("BatchReindex", "", 1), ("Embed", EMBED, 0), ("Filter", "", 1)]
)
def test_indices_have_no_gradient(kind, param, unwanted, build):
    bottoms = "x" if kind == "Embed" else "xi"
    inputs = {name: np.array([0.0, 1]) for name in bottoms}
    net = build(layer(kind, param, bottoms=bottoms), **inputs)
    net.forward()
    wanted = [i == unwanted for i in range(len(bottoms))]
    with pytest.raises(NetError, match=r"cannot propagate a gradient to its (indices|selector)"):
        net.layer("l").backward([net.blob("y")], wanted, [net.blob(b) for b in bottoms])


# Parameter


def test_parameter_is_its_param(build, run_backward):
    net = build(layer("Parameter", "parameter_param { shape { dim: 2 dim: 3 } }", bottoms=""))
    net.layer("l").blobs[0].data.copy_(torch.arange(6.0).view(2, 3))
    net.forward()
    assert net.blob("y").data.tolist() == [[0, 1, 2], [3, 4, 5]]
    run_backward(net, {"y": [[1.0, 2, 3], [4, 5, 6]]})
    net.backward()
    assert net.layer("l").blobs[0].diff.tolist() == [[2, 4, 6], [8, 10, 12]]


def test_gradient_of_parameter(build, check_gradients, draw):
    text = layer("Parameter", "parameter_param { shape { dim: 2 dim: 3 } }", bottoms="", tops="p")
    product = (
        'layer { name: "prod" type: "Eltwise" bottom: "x" bottom: "p" top: "y" eltwise_param { operation: PROD } }'
    )
    check_gradients(build(text + product, x=draw(2, 3)), ["x"])


# Tile


def test_tile_by_hand(build, run_backward):
    net = build(layer("Tile", "tile_param { tiles: 2 }"), x=np.array([[[1.0, 2], [3, 4]]]))
    net.forward()
    assert net.blob("y").data.tolist() == [[[1, 2], [3, 4], [1, 2], [3, 4]]]
    run_backward(net, {"y": [[[1.0, 2], [4, 8], [16, 32], [64, 128]]]})
    assert net.blob("x").diff.tolist() == [[[17, 34], [68, 136]]]


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1])
@pytest.mark.parametrize("tiles", [1, 3])
def test_tile_along_each_axis(axis, tiles, build, check_gradients, draw):
    x = draw(2, 3, 5, 4)
    net = build(layer("Tile", f"tile_param {{ axis: {axis} tiles: {tiles} }}"), x=x)
    net.forward()
    repeats = [1] * 4
    repeats[axis] = tiles
    assert (net.blob("y").data.numpy() == np.tile(x, repeats)).all()
    check_gradients(net, ["x"])


# What all refuse


@pytest.mark.parametrize(
    ("kind", "param", "word"),
    [
        ("ArgMax", "argmax_param { top_k: 0 }", "top_k is 0: expected 1 to 8"),
        ("ArgMax", "argmax_param { top_k: 9 }", "top_k is 9: expected 1 to 8"),
        ("ArgMax", "argmax_param { top_k: 5 axis: 1 }", "top_k is 5: expected 1 to 4"),
        ("ArgMax", "argmax_param { axis: 3 }", "axis 3"),
        ("Tile", "", "tiles is 0"),
        ("Tile", "tile_param { tiles: -1 }", "tiles is -1"),
        ("Tile", "tile_param { tiles: 2 axis: 3 }", "axis 3"),
    ],
)
def test_refused_parameters(kind, param, word, build, draw):
    with pytest.raises(NetError, match=word) as caught:
        build(layer(kind, param), x=draw(3, 4, 2))
    assert f"layer 'l' ({kind})" in str(caught.value)


def test_batch_reindex_needs_a_vector_of_indices(build, draw):
    with pytest.raises(NetError, match=r"its indices have shape \(2, 1\): expected one axis"):
        build(layer("BatchReindex", bottoms="xi"), x=draw(3, 4), i=np.zeros((2, 1)))
