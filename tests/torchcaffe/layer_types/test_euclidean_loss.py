import numpy as np
import pytest

from torchcaffe.errors import NetError

LAYER = 'layer {{ name: "l" type: "EuclideanLoss" bottom: "a" bottom: "b" top: "loss" {more} }}'


def layer(more=""):
    return LAYER.format(more=more)


def test_is_half_the_squares_over_the_batch_not_a_mean(build, check_gradients, draw):
    net = build(layer(), a=draw(3, 2, 4, 5), b=draw(3, 2, 5, 4).reshape(3, 2, 4, 5))
    loss = net.forward()
    want = ((draw(3, 2, 4, 5) - draw(3, 2, 5, 4).reshape(3, 2, 4, 5)) ** 2).sum() / 6
    assert float(loss) == pytest.approx(want, rel=1e-12)
    check_gradients(net, ["a", "b"])


def test_by_hand(build):
    """a - b = 1 -2 / 0 3, N = 2, weight 4: loss (1 + 4 + 9) / 4 = 3.5; gradients 4 (a - b) / 2."""
    net = build(layer("loss_weight: 4"), a=np.array([[2.0, 0], [1, 5]]), b=np.array([[1.0, 2], [1, 2]]))
    assert float(net.forward()) == 14
    assert float(net.blob("loss").data) == 3.5
    net.backward()
    assert net.blob("a").diff.tolist() == [[2, -4], [0, 6]]
    assert net.blob("b").diff.tolist() == [[-2, 4], [0, -6]]


def test_shapes_may_differ_if_counts_agree(build, check_gradients, draw):
    net = build(layer(), a=draw(2, 3, 1, 4), b=draw(2, 12))
    check_gradients(net, ["a", "b"])


def test_only_the_bottom_that_learns_gets_a_gradient(build, draw):
    """The hint loss: a learns, b is a frozen teacher's."""
    text = (
        'layer { name: "s" type: "Scale" bottom: "x" top: "a" }'
        'layer { name: "t" type: "Scale" bottom: "z" top: "b" param { lr_mult: 0 } }'
    )
    net = build(text + layer(), x=draw(2, 3), z=draw(2, 3) + 1, force_backward=False)
    net.forward()
    net.backward()
    assert [bool(net.blob(name).diff.any()) for name in "ab"] == [True, False]
    assert [node.need_backward for node in net.nodes] == [False, False, True, False, True]


def test_refuses_unequal_counts(build, draw):
    with pytest.raises(NetError, match=r"layer 'l' \(EuclideanLoss\).*'a' has shape 2 3 \(6\) and 'b' 2 4 \(8\)"):
        build(layer(), a=draw(2, 3), b=draw(2, 4))
    with pytest.raises(NetError, match="as many items of each"):
        build(layer(), a=draw(2, 6), b=draw(3, 4))
