"""Which layers run backward, and what counts as a loss."""

import pytest
import torch
from small_nets import INPUT, build, fc, needs, power, total

from torchcaffe.errors import NetError

# What runs backward.

FROZEN = "param { lr_mult: 0 }"


def test_only_what_learns_and_leads_to_a_loss_runs_backward():
    """a is frozen, b and c learn; d learns too, but no loss reads it."""
    text = INPUT + fc("a", "x", FROZEN) + fc("b", "a") + fc("c", "b") + total("c", 1) + fc("d", "b")
    assert needs(build(text)) == {"b": [False], "b_b_0_split": [True], "c": [True], "c_sum": [True]}


def test_nothing_runs_backward_without_a_loss():
    assert needs(build(INPUT + fc("a", "x") + total("a"))) == {}


def test_a_frozen_teacher_runs_forward_only():
    """The gradient of the hint loss goes to the student (bottom 0) alone."""
    hint = 'layer { name: "hint" type: "EuclideanLoss" bottom: "s" bottom: "t" top: "hint" }'
    text = INPUT + fc("t1", "x", FROZEN) + fc("t", "t1", FROZEN) + fc("s", "x") + hint
    assert needs(build(text)) == {"s": [False], "hint": [True, False]}


def test_propagate_down_false_cuts_off_what_lies_before():
    text = INPUT + fc("a", "x") + fc("b", "a", "propagate_down: false") + total("b", 1)
    assert needs(build(text)) == {"b": [False], "b_sum": [True]}


def test_propagate_down_false_cuts_one_branch_only():
    both = INPUT + fc("a", "x") + fc("b", "a", "{}") + fc("c", "a") + total("b", 1) + total("c", 1)
    cut = build(both.replace("{}", "propagate_down: false"))
    assert needs(cut)["a_a_0_split"] == [True]
    assert needs(cut)["b"] == [False]
    cut.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    cut.forward()
    cut.backward()
    want = torch.ones(2, 3, dtype=torch.float64) @ cut.layer("c").blobs[0].data
    torch.testing.assert_close(cut.blob("a").diff, want)


def test_propagate_down_true_asks_for_a_gradient_that_nobody_needs():
    text = INPUT + fc("a", "x", FROZEN + " propagate_down: true") + fc("b", "a") + total("b", 1)
    net = build(text)
    assert needs(net) == {"b": [False], "b_sum": [True]}
    text = INPUT + fc("a", "x", "propagate_down: true") + total("a", 1)
    net = build(text)
    assert needs(net) == {"a": [True], "a_sum": [True]}
    net.forward()
    net.backward()
    torch.testing.assert_close(net.blob("x").diff, net.layer("a").blobs[0].data.sum(0).expand(2, 3))


def test_propagate_down_must_be_given_for_every_bottom():
    with pytest.raises(NetError, match=r"layer 'a' \(InnerProduct\): 2 propagate_down for 1 bottoms"):
        build(INPUT + fc("a", "x", "propagate_down: true propagate_down: true"))


def test_force_backward_gives_every_gradient_but_that_of_labels():
    text = (
        "force_backward: true "
        + INPUT
        + 'layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 2 } } }'
        + fc("a", "x", FROZEN)
        + 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "a" bottom: "label" top: "loss" }'
    )
    net = build(text)
    assert needs(net) == {"in": [], "label": [], "a": [True], "loss": [True, False]}
    net.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    net.forward()
    net.backward()
    assert net.blob("x").diff.any()
    assert net.layer("a").blobs[0].diff.any()


# Losses.


def test_the_loss_is_the_weighted_sum_of_losses():
    """Sums of x and of 3 x with weights 2 and -1: 2 s - 3 s."""
    net = build(INPUT + power("t", "x", 3) + total("x", 2) + total("t", -1))
    net.blob("x").data = torch.arange(6.0).view(2, 3).double()
    assert float(net.forward()) == -15
    assert {name: weight for name, _, weight in net.outputs()} == {"x_sum": 2, "t_sum": -1}


def test_any_blob_can_be_a_loss():
    """A blob of many values counts with the sum of its values."""
    net = build(INPUT + fc("y", "x", "loss_weight: 0.5"))
    net.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    assert float(net.forward()) == pytest.approx(0.5 * float(net.blob("y").data.sum()))
    net.backward()
    assert net.blob("y").diff.tolist() == [[0.5] * 3] * 2


def test_loss_weight_zero_switches_a_loss_off():
    loss = 'layer { name: "l" type: "EuclideanLoss" bottom: "y" bottom: "z" top: "l" loss_weight: 0 }'
    net = build(INPUT + fc("y", "x") + fc("z", "x") + loss)
    assert needs(net) == {}
    net.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    assert float(net.forward()) == 0
    assert float(net.blob("l").data) > 0


def test_loss_weights_must_be_one_a_top():
    with pytest.raises(NetError, match=r"layer 'y' \(InnerProduct\): 2 loss_weight for 1 tops"):
        build(INPUT + fc("y", "x", "loss_weight: 1 loss_weight: 1"))


def test_a_loss_without_a_top_has_one_of_its_own():
    net = build(INPUT + fc("y", "x") + 'layer { name: "l" type: "EuclideanLoss" bottom: "x" bottom: "y" }')
    net.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    assert float(net.forward()) > 0
    assert list(net.outputs()) == []
    assert net.blob_names[-1] == "(automatic)"


# The diff of a loss.


def test_what_is_written_into_the_diff_of_a_loss_counts_from_then_on():
    """In the loss and in the gradient; Caffe sets it to the weight once, when it makes the net."""
    net = build("force_backward: true " + INPUT + total("x", 2))
    net.blob("x").data = torch.arange(6.0, dtype=torch.float64).view(2, 3)
    for weight in (2, 5):
        assert float(net.forward()) == weight * 15
        net.backward()
        assert net.blob("x").diff.tolist() == [[weight] * 3] * 2
        net.blob("x_sum").diff.fill_(5)


def test_a_diff_may_differ_within_a_top():
    net = build(INPUT + 'layer { name: "y" type: "Power" bottom: "x" top: "y" loss_weight: 1 }')
    net.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    net.blob("y").diff = torch.arange(6.0, dtype=torch.float64).view(2, 3)
    assert float(net.forward()) == 15
    net.blob("x").reshape(1, 3)
    net.blob("x").data = torch.ones(1, 3, dtype=torch.float64)
    assert float(net.forward()) == 3, "for a new shape it is the weight again"
