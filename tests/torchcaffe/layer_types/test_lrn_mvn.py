import numpy as np
import pytest

from torchcaffe.errors import NetError


def lrn(param):
    return f'layer {{ name: "l" type: "LRN" bottom: "x" top: "y" lrn_param {{ {param} }} }}'


def mvn(param=""):
    return f'layer {{ name: "l" type: "MVN" bottom: "x" top: "y" mvn_param {{ {param} }} }}'


def test_lrn_across_channels_by_hand(build, run_backward):
    """Channels 1 2 3 4, window 3, alpha / size = 1: s = 1 + sums of squares = 6 15 30 26, and y = x / s.

    d y_j / d x_i = [i = j] / s_j - 2 x_i x_j / s_j^2 in the window; for dy = 1 0 0 0 that is
    1 / 6 - 2 / 36, -4 / 36, 0, 0.
    """
    net = build(lrn("local_size: 3 alpha: 3 beta: 1"), x=np.array([1.0, 2, 3, 4]).reshape(1, 4, 1, 1))
    net.forward()
    np.testing.assert_allclose(net.blob("y").data.flatten(), [1 / 6, 2 / 15, 3 / 30, 4 / 26], rtol=1e-14)
    run_backward(net, {"y": np.array([1.0, 0, 0, 0]).reshape(1, 4, 1, 1)})
    np.testing.assert_allclose(net.blob("x").diff.flatten(), [4 / 36, -4 / 36, 0, 0], rtol=1e-14)


def test_lrn_within_a_channel_by_hand(build):
    """Rows 1 2 3 and 0 1 0, window 3 x 3, alpha / size^2 = 1: sums of squares 6 15 14; k counts as 1."""
    net = build(
        lrn("local_size: 3 alpha: 9 beta: 1 k: 100 norm_region: WITHIN_CHANNEL"),
        x=np.array([[[[1.0, 2, 3], [0, 1, 0]]]]),
    )
    net.forward()
    want = [[1 / 7, 2 / 16, 3 / 15], [0, 1 / 16, 0]]
    np.testing.assert_allclose(net.blob("y").data[0, 0], want, rtol=1e-14)


@pytest.mark.parametrize("size", [1, 3, 5, 9])
def test_lrn_across_channels_follows_the_definition(size, build, check_gradients, draw):
    x = draw(2, 6, 3, 4)
    net = build(lrn(f"local_size: {size} alpha: 0.5 beta: 0.75 k: 2"), x=x)
    net.forward()
    want = np.empty_like(x)
    for c in range(6):
        window = x[:, max(0, c - size // 2) : c + size // 2 + 1]
        want[:, c] = x[:, c] * (2 + 0.5 / size * (window**2).sum(1)) ** -0.75
    np.testing.assert_allclose(net.blob("y").data, want, rtol=1e-12)
    check_gradients(net, ["x"])


@pytest.mark.parametrize("size", [1, 3, 5])
def test_lrn_within_a_channel_follows_the_definition(size, build, check_gradients, draw):
    x, half = draw(2, 3, 5, 4), size // 2
    net = build(lrn(f"local_size: {size} alpha: 0.5 norm_region: WITHIN_CHANNEL"), x=x)
    net.forward()
    want = np.empty_like(x)
    for i in range(5):
        for j in range(4):
            window = x[:, :, max(0, i - half) : i + half + 1, max(0, j - half) : j + half + 1]
            want[:, :, i, j] = x[:, :, i, j] * (1 + 0.5 / size**2 * (window**2).sum((2, 3))) ** -0.75
    np.testing.assert_allclose(net.blob("y").data, want, rtol=1e-12)
    check_gradients(net, ["x"])


@pytest.mark.parametrize(
    ("param", "shape", "word"),
    [("local_size: 4", (2, 3, 5, 4), "local_size is 4"), ("", (2, 3, 5), "has 3 axes: it needs 4")],
)
def test_lrn_refuses(param, shape, word, build, draw):
    with pytest.raises(NetError, match=rf"layer 'l' \(LRN\): .*{word}"):
        build(lrn(param), x=draw(*shape))


PAIRS = np.array([1.0, 3, 0, 8]).reshape(1, 2, 1, 2)  # Means 2 and 4, deviations 1 and 4; of all: 3.


@pytest.mark.parametrize(
    ("param", "want"),
    [
        ("eps: 1", [-0.5, 0.5, -0.8, 0.8]),  # Divided by 1 + 1 and 4 + 1.
        ("normalize_variance: false", [-1, 1, -4, 4]),
        ("normalize_variance: false across_channels: true", [-2, 0, -3, 5]),
        ("across_channels: true eps: 0", np.array([-2, 0, -3, 5]) / np.sqrt((4 + 0 + 9 + 25) / 4)),
    ],
)
def test_mvn_by_hand(param, want, build):
    net = build(mvn(param), x=PAIRS)
    net.forward()
    np.testing.assert_allclose(net.blob("y").data.flatten(), want, rtol=1e-14)


def test_mvn_takes_caffes_gradient_for_a_large_eps(build, run_backward):
    """y = -0.5 0.5, sigma + eps = 2: for dy = 1 0, (1 - 0.5 - 0.125) / 2 and its opposite.

    The derivative of the values is 0.125: Caffe, too, divides the last term by sigma + eps, not by sigma.
    """
    net = build(mvn("eps: 1"), x=PAIRS)
    net.forward()
    run_backward(net, {"y": np.array([1.0, 0, 0, 0]).reshape(1, 2, 1, 2)})
    np.testing.assert_allclose(net.blob("x").diff.flatten(), [0.1875, -0.1875, 0, 0], rtol=1e-14)


@pytest.mark.parametrize("normalize", ["true", "false"])
@pytest.mark.parametrize("across", ["true", "false"])
@pytest.mark.parametrize("in_place", [False, True])
def test_gradients_of_mvn(normalize, across, in_place, build, check_gradients, draw):
    text = mvn(f"normalize_variance: {normalize} across_channels: {across}")
    if in_place:
        text = 'layer { name: "id" type: "Power" bottom: "x" top: "y" }' + text.replace('"x"', '"y"')
    check_gradients(build(text, x=draw(2, 3, 4, 5)), ["x"])


def test_mvn_adds_the_axes_that_are_missing(build, check_gradients, draw):
    net = build(mvn(), x=draw(2, 3, 5))
    net.forward()
    assert net.blob("y").shape == (2, 3, 5, 1)
    np.testing.assert_allclose(net.blob("y").data.mean(2), 0, atol=1e-12)
    check_gradients(net, ["x"])


def test_mvn_refuses_five_axes(build, draw):
    with pytest.raises(NetError, match="has 5 axes: it takes at most 4"):
        build(mvn(), x=draw(2, 1, 3, 4, 5))
