import numpy as np
import pytest
import torch

from torchcaffe.errors import DataError, NetError


def layer(param="", tops='top: "loss"', more="", kind="SoftmaxWithLoss"):
    return f'layer {{ name: "l" type: "{kind}" bottom: "x" bottom: "label" {tops} {more} loss_param {{ {param} }} }}'


def log_softmax(x, axis):
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


LABELS = np.array([[2, 0, 4, 1], [3, 2, 2, 0]])  # For scores (2, 5, 4) along axis 1.

# What the sum over 8 labels, of which two are 0, is divided by: (prototxt, divisor, is 0 ignored?).
NORMALIZATIONS = [
    ("", 8, False),
    ("normalization: VALID", 8, False),
    ("normalization: FULL", 8, False),
    ("normalization: BATCH_SIZE", 2, False),
    ("normalization: NONE", 1, False),
    ("normalize: true", 8, False),
    ("normalize: false", 2, False),
    ("normalize: false normalization: FULL", 8, False),
    ("ignore_label: 0", 6, True),
    ("ignore_label: 0 normalization: FULL", 8, True),
    ("ignore_label: 0 normalization: BATCH_SIZE", 2, True),
    ("ignore_label: 0 normalization: NONE", 1, True),
]


@pytest.mark.parametrize(("param", "divisor", "ignored"), NORMALIZATIONS, ids=[n[0] for n in NORMALIZATIONS])
def test_loss_and_gradient(param, divisor, ignored, build, check_gradients, draw):
    net = build(layer(param), x=draw(2, 5, 4), label=LABELS)
    loss = net.forward()
    logs = log_softmax(draw(2, 5, 4), 1)
    terms = [logs[n, LABELS[n, i], i] for n in range(2) for i in range(4) if LABELS[n, i] or not ignored]
    assert float(net.blob("loss").data) == pytest.approx(-sum(terms) / divisor, rel=1e-12)
    assert float(loss) == float(net.blob("loss").data)
    check_gradients(net, ["x"])


def test_axis(build, check_gradients, draw):
    text = layer().replace("loss_param", "softmax_param { axis: -1 } loss_param")
    net = build(text, x=draw(2, 3, 5), label=np.array([[0, 4, 1], [2, 2, 3]]))
    net.forward()
    logs = log_softmax(draw(2, 3, 5), -1)
    want = -(logs[0, 0, 0] + logs[0, 1, 4] + logs[0, 2, 1] + logs[1, 0, 2] + logs[1, 1, 2] + logs[1, 2, 3]) / 6
    assert float(net.blob("loss").data) == pytest.approx(want, rel=1e-12)
    check_gradients(net, ["x"])


def test_gradient_by_hand(build, run_backward):
    """p = 1/4 3/4 with label 0 and 1/2 1/2 with label 1, N = 2, weight 3: 3 (p - onehot) / 2; loss log 4 + log 2."""
    net = build(layer(more="loss_weight: 3"), x=np.log([[1.0, 3], [1, 1]]), label=np.array([0, 1]))
    loss = net.forward()
    assert float(net.blob("loss").data) == pytest.approx(np.log(8) / 2, rel=1e-12)
    assert float(loss) == pytest.approx(3 * np.log(8) / 2, rel=1e-12)
    net.backward()
    np.testing.assert_allclose(net.blob("x").diff.numpy(), [[-1.125, 1.125], [0.75, -0.75]], rtol=1e-14)


def test_second_top_is_the_probabilities(build, draw):
    net = build(layer(tops='top: "loss" top: "p"'), x=draw(2, 5, 4), label=LABELS)
    net.forward()
    np.testing.assert_allclose(net.blob("p").data.numpy(), np.exp(log_softmax(draw(2, 5, 4), 1)), rtol=1e-12)


def test_top_need_not_be_named(build, draw):
    net = build(layer(tops=""), x=draw(3, 5), label=np.array([0, 1, 2]))
    assert float(net.forward()) > 0


def test_labels_are_cut_to_integers(build, draw):
    whole = build(layer(), x=draw(3, 5), label=np.array([0.0, 1, 4]))
    parts = build(layer(), x=draw(3, 5), label=np.array([0.9, 1.5, 4.1]))
    assert float(whole.forward()) == float(parts.forward())


def test_all_labels_ignored_is_no_loss_and_no_gradient(build, draw):
    net = build(layer("ignore_label: -1"), x=draw(3, 5), label=np.full(3, -1))
    assert float(net.forward()) == 0
    net.backward()
    assert not net.blob("x").diff.any()


def test_impossible_probability_counts_as_flt_min(build):
    net = build(layer(), x=np.array([[0.0, 1000.0]]), label=np.array([0]))
    assert float(net.forward()) == pytest.approx(-np.log(np.finfo(np.float32).tiny), rel=1e-12)


@pytest.mark.parametrize("label", [-1, 5, 7])
def test_a_label_that_is_no_class_is_a_data_error(label, build, draw):
    net = build(layer(), x=draw(3, 5), label=np.array([0, label, 1]))
    with pytest.raises(DataError, match=rf"layer 'l' \(SoftmaxWithLoss\): label {label} in 'label'.*5 classes, 0 to 4"):
        net.forward()


def test_refuses_another_number_of_labels(build, draw):
    with pytest.raises(NetError, match=r"axis 1 need 8 labels, from 0 to 4, but 'label' has shape 2 3 \(6\)"):
        build(layer(), x=draw(2, 5, 4), label=np.zeros((2, 3)))
    with pytest.raises(NetError, match="as many items of each"):
        build(layer(), x=draw(2, 5), label=np.zeros(3))


def test_refuses_a_gradient_of_labels(build, draw):
    more = "propagate_down: true propagate_down: true"
    net = build(layer(more=more), x=draw(3, 5), label=np.zeros(3))
    net.forward()
    with pytest.raises(NetError, match="cannot propagate a gradient to its labels"):
        net.backward()


def test_float32(build, draw):
    net = build(layer(), x=draw(3, 5), label=np.zeros(3), dtype=torch.float32)
    assert net.forward().dtype == torch.float32
