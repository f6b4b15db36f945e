import numpy as np
import pytest

from torchcaffe.errors import NetError


def layer(param):
    return f'layer {{ name: "l" type: "SPP" bottom: "x" top: "y" spp_param {{ {param} }} }}'


# Two channels of 3 x 5. At level 1 windows are ceil(3 / 2) x ceil(5 / 2) = 2 x 3, with 1 pixel of padding
# around: rows {0} and {1, 2}, columns {0, 1} and {2, 3, 4}.
IMAGE = np.array([[[[1.0, 2, 3, 4, 5], [9, 8, 7, 6, 5], [1, 1, 1, 1, 2]], [[0.0] * 5, [0, 0, -6, 0, 0], [0] * 5]]])


@pytest.mark.parametrize(
    ("param", "want"),
    [
        ("pyramid_height: 1", [[[[9]], [[0]]]]),
        ("pyramid_height: 2", [[9, 0, 2, 5, 9, 7, 0, 0, 0, 0]]),
        # The windows of 2 x 3 lie on image and padding, all 6 pixels of them.
        ("pyramid_height: 2 pool: AVE", [[56 / 15, -6 / 15, 3 / 6, 12 / 6, 19 / 6, 22 / 6, 0, 0, 0, -1]]),
    ],
)
def test_by_hand(param, want, build):
    net = build(layer(param), x=IMAGE)
    net.forward()
    np.testing.assert_allclose(net.blob("y").data.numpy(), want, rtol=1e-14)


def test_gradient_by_hand(build, run_backward):
    """Largest pixels: 9 at (1, 0) of level 0 and of one window; 2, 5 and 7 of the others."""
    net = build(layer("pyramid_height: 2"), x=IMAGE)
    net.forward()
    run_backward(net, {"y": [[1.0, 2, 4, 8, 16, 32, 0, 0, 0, 0]]})
    dx = net.blob("x").diff[0, 0]
    assert dx.tolist() == [[0, 4, 0, 0, 8], [17, 0, 32, 0, 0], [0] * 5]


@pytest.mark.parametrize("pool", ["MAX", "AVE"])
@pytest.mark.parametrize("height", [1, 2, 3])
def test_gradients(height, pool, build, check_gradients, draw):
    check_gradients(build(layer(f"pyramid_height: {height} pool: {pool}"), x=draw(2, 3, 8, 9)), ["x"])


@pytest.mark.parametrize(("h", "w"), [(8, 9), (7, 12), (13, 16)])
def test_the_top_is_as_long_for_every_image(h, w, build, draw):
    net = build(layer("pyramid_height: 3"), x=draw(2, 3, h, w))
    assert net.blob("y").shape == (2, 3 * (1 + 4 + 16))


def test_another_image_size_in_the_same_net(build, draw):
    net = build(layer("pyramid_height: 2"), x=draw(2, 3, 4, 5))
    net.forward()
    before = net.blob("y").data.clone()
    net.blob("x").reshape(2, 3, 6, 7)
    net.blob("x").data[:, :, 1:-1, 1:-1] = 1.0
    net.forward()
    assert before.shape == net.blob("y").shape == (2, 15)
    assert (net.blob("y").data == 1).all()


@pytest.mark.parametrize(
    ("param", "shape", "word"),
    [
        ("", (2, 3, 5, 4), "no pyramid_height"),
        ("pyramid_height: 2", (2, 3, 5), "must have 4 axes"),
        ("pyramid_height: 2 pool: STOCHASTIC", (2, 3, 5, 4), "STOCHASTIC"),
        # 4 windows on 3 pixels: each is 1 high, and with 1 pixel of padding the first would hold nothing.
        ("pyramid_height: 3", (2, 3, 3, 8), r"level 2' \(SPP\): its pad \(1, 0\)"),
    ],
)
def test_refuses(param, shape, word, build, draw):
    with pytest.raises(NetError, match=word):
        build(layer(param), x=draw(*shape))
