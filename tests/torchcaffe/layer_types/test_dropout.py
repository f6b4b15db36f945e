import numpy as np
import pytest
import torch

from torchcaffe.boost import Rng
from torchcaffe.errors import NetError
from torchcaffe.proto.caffe_pb2 import TEST
from torchcaffe.rng import set_random_seed


def layer(ratio, bottom="x"):
    return (
        f'layer {{ name: "l" type: "Dropout" bottom: "{bottom}" top: "y" dropout_param {{ dropout_ratio: {ratio} }} }}'
    )


@pytest.mark.parametrize("in_place", [False, True])
def test_drops_what_the_global_generator_says(in_place, build, check_gradients, draw):
    """A value stays where u <= (1 - ratio) (2^32 - 1), u being its raw draw, and is divided by 1 - ratio."""
    set_random_seed(3)
    text = layer(0.25)
    if in_place:
        text = 'layer { name: "id" type: "Power" bottom: "x" top: "y" }' + layer(0.25, "y")
    net = build(text, x=draw(4, 3, 5))
    net.forward()
    kept = Rng(3).raw(60).reshape(4, 3, 5) <= 0.75 * (2**32 - 1)
    assert 20 < kept.sum() < 60
    np.testing.assert_allclose(net.blob("y").data.numpy(), draw(4, 3, 5) * kept / 0.75, rtol=1e-15)
    check_gradients(net, "x")


def test_each_forward_draws_anew(build):
    net = build(layer(0.5), x=np.ones(100))
    net.forward()
    first = net.blob("y").data
    net.forward()
    assert not torch.equal(first, net.blob("y").data)


def test_test_phase_changes_nothing_and_draws_nothing(build, check_gradients, draw):
    net = build(layer(0.25), phase=TEST, x=draw(2, 3))
    state = net.place.rng.state
    net.forward()
    assert torch.equal(net.blob("y").data, net.blob("x").data)
    assert net.place.rng.state == state
    check_gradients(net, "x")


def test_test_phase_copies_unless_it_works_in_place(build, draw):
    net = build(layer(0.25) + layer(0.25, "y").replace('"l"', '"m"'), phase=TEST, x=draw(2, 3))
    net.forward()
    net.blob("y").data.zero_()
    assert torch.equal(net.blob("x").data, torch.from_numpy(draw(2, 3)))
    before = net.blob("y").data
    net.forward_from_to(2, 2)
    assert net.blob("y").data is before


def test_a_ratio_of_zero_keeps_all_and_draws_as_ever(build, check_gradients, draw):
    """As in Caffe's release build: a Dropout after it drops what the global generator's next numbers say."""
    set_random_seed(3)
    net = build(layer(0) + layer(0.25, "y").replace('"l"', '"m"').replace('top: "y"', 'top: "z"'), x=draw(2, 3))
    net.forward()
    assert torch.equal(net.blob("y").data, net.blob("x").data)
    kept = Rng(3).raw(12)[6:].reshape(2, 3) <= 0.75 * (2**32 - 1)
    np.testing.assert_allclose(net.blob("z").data.numpy(), draw(2, 3) * kept / 0.75, rtol=1e-15)
    check_gradients(net, "x")


@pytest.mark.parametrize("ratio", [1, -0.5, 1.5])
def test_refuses_a_ratio(ratio, build, draw):
    with pytest.raises(NetError, match=rf"layer 'l' \(Dropout\): its dropout_ratio is {ratio}"):
        build(layer(ratio), x=draw(2, 3))
