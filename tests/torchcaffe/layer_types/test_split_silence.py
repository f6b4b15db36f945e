import numpy as np
import pytest
import torch

from torchcaffe.errors import NetError

SPLIT = 'layer { name: "l" type: "Split" bottom: "x" top: "p" top: "q" top: "r" }'


def test_split_gives_the_bottom_and_sums_the_gradients(build, run_backward, check_gradients, draw):
    net = build(SPLIT, x=draw(2, 3))
    net.forward()
    for name in "pqr":
        assert torch.equal(net.blob(name).data, net.blob("x").data)
    run_backward(net, {"p": [[1.0, 2, 3]] * 2, "q": [[10.0, 20, 30]] * 2, "r": [[100.0, 200, 300]] * 2})
    assert net.blob("x").diff.tolist() == [[111, 222, 333]] * 2
    check_gradients(net, "x")


def test_a_top_that_no_reader_writes_counts_as_zero(build, draw):
    """The scores are read by a loss and by an Accuracy layer, which has no gradient."""
    text = """
        layer { name: "s" type: "Scale" bottom: "x" top: "y" }
        layer { name: "loss" type: "SoftmaxWithLoss" bottom: "y" bottom: "label" top: "loss" }
        layer { name: "acc" type: "Accuracy" bottom: "y" bottom: "label" top: "acc" }"""
    net = build(text, x=draw(2, 3), label=np.array([0, 2]), force_backward=False)
    for _ in range(2):
        net.forward()
        net.backward()
    assert not net.blob("y_s_0_split_1").diff.any()
    assert torch.equal(net.blob("y").diff, net.blob("y_s_0_split_0").diff)
    assert net.blob("y").diff.any()


def test_a_top_written_in_an_earlier_pass_counts_with_its_old_value(build, draw):
    """As in Caffe: backward over a part of the net leaves the other top's gradient as it was."""
    text = """
        layer { name: "s" type: "Scale" bottom: "x" top: "y" }
        layer { name: "a" type: "Reduction" bottom: "y" top: "a" loss_weight: 1 }
        layer { name: "b" type: "Reduction" bottom: "y" top: "b" loss_weight: 10 }"""
    net = build(text, x=draw(2, 3), force_backward=False)
    net.forward()
    net.backward()
    assert net.blob("y").diff.tolist() == [[11] * 3] * 2
    net.blob("b").diff = torch.tensor(20.0, dtype=torch.float64)
    names = net.layer_names
    net.backward_from_to(names.index("a"), names.index("s"))
    assert net.blob("y").diff.tolist() == [[11] * 3] * 2


def test_split_refuses_to_work_in_place(build, draw):
    with pytest.raises(NetError, match=r"layer 'l' \(Split\): it cannot work in place"):
        build('layer { name: "l" type: "Split" bottom: "x" top: "x" top: "p" }', x=draw(2, 3))


def test_silence_reads_and_gives_no_gradient(build, draw):
    text = """
        layer { name: "s" type: "Scale" bottom: "x" top: "y" }
        layer { name: "l" type: "Silence" bottom: "y" bottom: "z" }"""
    net = build(text, x=draw(2, 3), z=draw(4))
    assert list(net.outputs()) == []
    net.forward()
    net.blob("y").diff = torch.ones(2, 3, dtype=torch.float64)
    net.backward()
    assert not net.blob("y").diff.any()
    assert not net.layer("s").blobs[0].diff.any()


def test_silence_has_no_top(build, draw):
    with pytest.raises(NetError, match=r"layer 'l' \(Silence\): it takes exactly 0 top"):
        build('layer { name: "l" type: "Silence" bottom: "x" top: "y" }', x=draw(2, 3))
