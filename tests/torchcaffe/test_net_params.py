"""Params that layers or nets share."""

import pytest
import torch
from small_nets import INPUT, build, fc, total

from torchcaffe.errors import NetError
from torchcaffe.proto.caffe_pb2 import TEST
from torchcaffe.rng import set_random_seed


def test_layers_that_share_a_param_have_one_and_add_up_its_gradient():
    """y = x w^T w^T, and the derivative by the shared w is the sum of both layers' parts."""
    shared = 'param { name: "w" }'
    text = INPUT + fc("y", "x", shared) + fc("z", "y", shared) + total("z", 1)
    net = build(text)
    assert [(p.layer, p.index) for p in net.params.learnable] == [("y", 0)]
    x, w = torch.tensor([[1.0, 2, 3], [0, -1, 2]]).double(), net.layer("y").blobs[0].data
    net.blob("x").data = x
    net.forward()
    net.backward()
    leaf = w.clone().requires_grad_()
    (x @ leaf.T @ leaf.T).sum().backward()
    torch.testing.assert_close(net.layer("z").blobs[0].diff, leaf.grad)
    assert net.layer("y").blobs[0].diff.data_ptr() == net.layer("z").blobs[0].diff.data_ptr()
    w.fill_(7)
    assert net.layer("z").blobs[0].data.tolist() == [[7] * 3] * 3


def test_the_owners_filler_counts():
    set_random_seed(1)
    alone = build(INPUT + fc("y", "x")).layer("y").blobs[0].data
    set_random_seed(1)
    net = build(INPUT + fc("y", "x", 'param { name: "w" }') + fc("z", "y", 'param { name: "w" }'))
    assert torch.equal(net.layer("z").blobs[0].data, alone)


def test_strict_sharing_wants_one_shape_and_permissive_one_count():
    """6 x 3 and 3 x 6 weights."""
    head = INPUT + fc("y", "x", 'param { name: "w" }', 6)
    with pytest.raises(
        NetError, match=r"layer 'z' \(InnerProduct\).*'w' of shape 3 6 \(18\).*'y', of shape 6 3 \(18\)"
    ):
        build(head + fc("z", "y", 'param { name: "w" }', 3))
    net = build(head + fc("z", "y", 'param { name: "w" share_mode: PERMISSIVE }', 3))
    assert net.layer("z").blobs[0].shape == (3, 6)
    assert net.layer("z").blobs[0].data.flatten().tolist() == net.layer("y").blobs[0].data.flatten().tolist()
    with pytest.raises(NetError, match="cannot share"):
        build(head + fc("z", "y", 'param { name: "w" share_mode: PERMISSIVE }', 2))


def test_multipliers_of_a_shared_param():
    """Whoever says them first, says them for all; another value is an error."""
    head = INPUT + fc("y", "x", 'param { name: "w" lr_mult: 2 }')
    net = build(head + fc("z", "y", 'param { name: "w" lr_mult: 2 decay_mult: 3 }'))
    (param,) = net.params.learnable
    assert (param.lr_mult, param.decay_mult) == (2, 3)
    with pytest.raises(NetError, match=r"layer 'z'.*another lr_mult than in layer 'y'"):
        build(head + fc("z", "y", 'param { name: "w" lr_mult: 1 }'))


def test_more_param_specs_than_params_are_refused():
    with pytest.raises(NetError, match=r"layer 'y' \(InnerProduct\): 2 param specs, but it has 1"):
        build(INPUT + fc("y", "x", "param { } param { }"))


def test_share_trained_layers_with():
    train = build(INPUT + fc("y", "x") + total("y", 1))
    test = build(INPUT + fc("y", "x") + fc("other", "y"), TEST)
    test.share_trained_layers_with(train)
    train.layer("y").blobs[0].data.fill_(5)
    assert test.layer("y").blobs[0].data.tolist() == [[5] * 3] * 3
    other = build(INPUT + fc("y", "x", num_output=4))
    with pytest.raises(NetError, match=r"layer 'y': its params are \[4 3 \(12\)\].*\[3 3 \(9\)\]"):
        other.share_trained_layers_with(train)


def test_share_trained_layers_with_says_what_it_passes_over_and_takes_the_first_of_a_name(caplog):
    caplog.set_level("INFO", logger="torchcaffe")
    train = build(INPUT + fc("y", "x") + fc("gone", "y"))
    test = build(INPUT + fc("y", "x") + fc("y", "y").replace('top: "y"', 'top: "z"'))
    test.share_trained_layers_with(train)
    assert [text for text in caplog.messages if "Ignoring" in text] == ["Ignoring source layer gone"]
    first, second = (layer.blobs[0].data for layer in test.layers if layer.name == "y")
    assert torch.equal(first, train.layer("y").blobs[0].data)
    assert not torch.equal(second, first)
