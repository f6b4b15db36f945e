import numpy as np
import pytest
import torch

from torchcaffe.errors import NetError
from torchcaffe.proto.caffe_pb2 import TEST, TRAIN

LAYER = 'layer {{ name: "bn" type: "BatchNorm" bottom: "x" top: "y" {more} batch_norm_param {{ {param} }} }}'
IN_PLACE = """
    layer { name: "id" type: "Power" bottom: "x" top: "y" }
    layer { name: "bn" type: "BatchNorm" bottom: "y" top: "y" }"""


def layer(param="", more=""):
    return LAYER.format(param=param, more=more)


def blobs(net):
    return [blob.data for blob in net.layer("bn").blobs]


def test_values_and_moving_statistics_by_hand(build):
    """One channel with 1 and 3 (mean 2, var 1), the other with 0 and 6 (mean 3, var 9); m = 2, m / (m - 1) = 2.

    eps 3 gives standard deviations 2 and sqrt(12). A second pass with fraction 0.5 on blobs (mean, 2 var, 1) gives
    1.5 times each.
    """
    net = build(layer("eps: 3 moving_average_fraction: 0.5"), x=np.array([[1.0, 0.0], [3.0, 6.0]]))
    net.forward()
    want = [[-0.5, -3 / 12**0.5], [0.5, 3 / 12**0.5]]
    np.testing.assert_allclose(net.blob("y").data.numpy(), want, rtol=1e-14)
    assert [b.tolist() for b in blobs(net)] == [[2, 3], [2, 18], [1]]
    net.forward()
    assert [b.tolist() for b in blobs(net)] == [[3, 4.5], [3, 27], [1.5]]


def test_defaults_are_fraction_0_999_and_eps_1e_5(build, draw):
    net = build(layer(), x=np.zeros((3, 2, 4)))
    net.forward()
    net.forward()
    assert float(blobs(net)[2]) == pytest.approx(1.999, rel=1e-7)  # 0.999 is a float32 in the prototxt.
    assert net.layer("bn").eps == pytest.approx(1e-5, rel=1e-6)


@pytest.mark.parametrize("shape", [(4, 3, 2, 5), (5, 3), (3, 2, 4)])
def test_is_each_channel_over_all_else(shape, build, check_gradients, draw):
    net = build(layer(), x=draw(*shape))
    net.forward()
    x = draw(*shape)
    others = tuple(i for i in range(len(shape)) if i != 1)
    want = (x - x.mean(others, keepdims=True)) / np.sqrt(x.var(others, keepdims=True) + net.layer("bn").eps)
    np.testing.assert_allclose(net.blob("y").data.numpy(), want, rtol=1e-10, atol=1e-12)
    check_gradients(net, ["x"])


def test_one_axis_is_one_channel(build, check_gradients, draw):
    net = build(layer(), x=draw(7))
    net.forward()
    assert [b.shape for b in net.layer("bn").blobs] == [(1,), (1,), (1,)]
    assert float(net.blob("y").data.mean()) == pytest.approx(0, abs=1e-12)
    assert float(net.blob("y").data.square().mean()) == pytest.approx(1, rel=1e-4)
    check_gradients(net, ["x"])


@pytest.mark.parametrize(
    ("phase", "param"), [(TEST, ""), (TRAIN, "use_global_stats: true")], ids=["TEST", "use_global_stats"]
)
def test_global_statistics_are_used_and_stay(phase, param, build, check_gradients, draw):
    """Blobs (2, 4), (18, 2), (2): means 1 and 2, variances 9 and 1."""
    net = build(layer(f"{param} eps: 0"), phase=phase, x=draw(3, 2, 4))
    for blob, values in zip(blobs(net), ([2.0, 4], [18.0, 2], [2.0]), strict=True):
        blob.copy_(torch.tensor(values))
    net.forward()
    want = (draw(3, 2, 4) - np.array([1, 2])[:, None]) / np.array([3, 1])[:, None]
    np.testing.assert_allclose(net.blob("y").data.numpy(), want, rtol=1e-12)
    assert [b.tolist() for b in blobs(net)] == [[2, 4], [18, 2], [2]]
    check_gradients(net, ["x"])


def test_statistics_never_gathered_count_as_zero(build, draw):
    net = build(layer("eps: 4"), phase=TEST, x=draw(3, 2, 4))
    net.forward()
    np.testing.assert_allclose(net.blob("y").data.numpy(), draw(3, 2, 4) / 2, rtol=1e-14)


def test_test_phase_can_use_batch_statistics(build, draw):
    net = build(layer("use_global_stats: false"), phase=TEST, x=draw(3, 2, 4))
    net.forward()
    assert float(blobs(net)[2]) == 1


def test_in_place(build, check_gradients, draw):
    apart, in_place = build(layer(), x=draw(4, 3, 2)), build(IN_PLACE, x=draw(4, 3, 2))
    apart.forward()
    in_place.forward()
    assert torch.equal(apart.blob("y").data, in_place.blob("y").data)
    check_gradients(in_place, ["x"])


def test_no_solver_moves_the_statistics(build, draw):
    """Params that the prototxt does not mention get lr_mult 0."""
    net = build(layer(), x=draw(3, 2, 4))
    assert [p.lr_mult for p in net.params.learnable] == [0, 0, 0]


@pytest.mark.parametrize(("specs", "runs"), [("", True), ("param { lr_mult: 0 } " * 3, False)])
def test_what_runs_backward_is_judged_by_the_prototxt(specs, runs, build, draw):
    """Caffe's net looks at the specs that are written, whose lr_mult is 1 by default, not at those that the layer adds.

    So says the real Caffe's log (brocolli-caffe 9.0.2): "bn needs backward computation".
    """
    text = layer(more=specs) + ' layer { name: "sum" type: "Reduction" bottom: "y" top: "s" loss_weight: 1 }'
    net = build(text, x=draw(3, 2, 4), force_backward=False)
    assert [node.layer.name for node in net.nodes if node.need_backward] == (["bn", "sum"] if runs else [])
    assert net.layer("bn").param_propagate_down == [runs] * 3
    net.forward()
    net.backward()
    assert not any(blob.diff.any() for blob in net.layer("bn").blobs)


def test_refuses_a_learning_rate(build, draw):
    with pytest.raises(NetError, match=r"layer 'bn' \(BatchNorm\).*statistics.*lr_mult"):
        build(layer(more="param { lr_mult: 1 }"), x=draw(3, 2, 4))
