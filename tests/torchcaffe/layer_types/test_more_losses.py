"""ContrastiveLoss, HingeLoss, InfogainLoss, MultinomialLogisticLoss and SigmoidCrossEntropyLoss."""

from math import log

import numpy as np
import pytest
import torch

from torchcaffe.errors import DataError, NetError, ProtoError
from torchcaffe.proto.binary import array_to_blob, write_binary

LN3 = log(3)


def layer(kind, param="", bottoms="xt", tops="y"):
    io = "".join(f' bottom: "{b}"' for b in bottoms) + "".join(f' top: "{t}"' for t in tops)
    return f'layer {{ name: "l" type: "{kind}" {io} {param} }}'


def losses_and_gradients(net, *bottoms):
    """The net's loss, its blob, and the gradients that its loss weight starts."""
    loss = float(net.forward())
    net.backward()
    return loss, net.blob("y").data.item(), *(net.blob(b).diff.numpy() for b in bottoms)


# ContrastiveLoss

# Gaps a - b with d = 5 (like), 1 (unlike, within the margin 3), 5 (unlike, beyond it) and 5 (0.9 is cut to 0).
GAPS = np.array([[3.0, 4], [0.6, 0.8], [3, 4], [-4, 3]])
LIKE = np.array([-1.0, 0, 0, 0.9])


@pytest.mark.parametrize(
    ("version", "sum_of_losses", "pull"), [("false", 25 + (3 - 1) ** 2, 2 / 1.0001), ("true", 25 + (3 - 1), 1)]
)
def test_contrastive_loss_by_hand(version, sum_of_losses, pull, build):
    text = layer(
        "ContrastiveLoss",
        f"loss_weight: 10 contrastive_loss_param {{ margin: 3 legacy_version: {version} }}",
        bottoms="xzt",
    )
    net = build(text, x=GAPS + 1, z=np.ones((4, 2)), t=LIKE)
    loss, value, dx, dz = losses_and_gradients(net, "x", "z")
    assert value == pytest.approx(sum_of_losses / 8, rel=1e-14)
    assert loss == pytest.approx(10 * value, rel=1e-14)
    np.testing.assert_allclose(dx, 10 / 4 * np.array([[1], [-pull], [0], [0]]) * GAPS, rtol=1e-12)
    np.testing.assert_array_equal(dz, -dx)


@pytest.mark.parametrize(
    ("param", "scale"),
    [
        ("legacy_version: true margin: 4", 1),
        # Far apart, so that the 1e-4 which Caffe adds to the distance does not show.
        ("margin: 1000", 200),
    ],
)
def test_gradients_of_contrastive_loss(param, scale, build, check_gradients, draw):
    text = layer("ContrastiveLoss", f"contrastive_loss_param {{ {param} }}", bottoms="xzt")
    a, b = scale * draw(2, 6, 3, 1, 1)
    net = build(text, x=a, z=b, t=np.array([0.0, 1, 0, 1, 0, 0]).reshape(6, 1, 1, 1))
    check_gradients(net, ["x", "z"])


@pytest.mark.parametrize(
    ("shapes", "word"),
    [
        (((3, 2), (3, 4), (3,)), "compares vectors"),
        (((3, 2, 2, 1), (3, 4, 1, 1), (3,)), "compares vectors"),
        (((3, 2), (3, 2), (3, 2)), "one for each of the 3 pairs"),
        (((3, 2), (4, 2), (3,)), "as many items of each"),
    ],
)
def test_contrastive_loss_refuses(shapes, word, build):
    x, z, t = (np.zeros(shape) for shape in shapes)
    with pytest.raises(NetError, match=rf"layer 'l' \(ContrastiveLoss\): .*{word}"):
        build(layer("ContrastiveLoss", bottoms="xzt"), x=x, z=z, t=t)


# HingeLoss

SCORES = np.array([[0.5, -2, 3], [2, 1, -1]])
LABELS = np.array([0.0, 1.9])  # Cut off to 0 and 1.


@pytest.mark.parametrize(
    ("norm", "want", "gradient"),
    [
        # h is 0.5 0 4 and 3 0 0: the last 0 lies exactly on the margin, where the gradient is 0.
        ("L1", (0.5 + 4 + 3) / 2, [[-0.5, 0, 0.5], [0.5, 0, 0]]),
        ("L2", (0.25 + 16 + 9) / 2, [[-0.5, 0, 4], [3, 0, 0]]),
    ],
)
def test_hinge_loss_by_hand(norm, want, gradient, build):
    net = build(layer("HingeLoss", f"loss_weight: 3 hinge_loss_param {{ norm: {norm} }}"), x=SCORES, t=LABELS)
    loss, value, dx = losses_and_gradients(net, "x")
    assert (loss, value) == (3 * want, want)
    np.testing.assert_array_equal(dx, 3 * np.array(gradient))


@pytest.mark.parametrize("norm", ["L1", "L2"])
def test_gradients_of_hinge_loss(norm, build, check_gradients, draw):
    text = layer("HingeLoss", f"hinge_loss_param {{ norm: {norm} }}")
    check_gradients(build(text, x=draw(5, 3, 2, 4), t=np.array([0.0, 23, 7, 7, 1])), ["x"])


# MultinomialLogisticLoss


def test_multinomial_logistic_loss_by_hand(build):
    """Labels 0 and 0 of 1/4 3/4 and 0 1: -(log(1/4) + log(1e-20)) / 2, and gradients -1 / (2 p)."""
    net = build(layer("MultinomialLogisticLoss"), x=np.array([[0.25, 0.75], [0, 1]]), t=np.zeros(2))
    loss, value, dx = losses_and_gradients(net, "x")
    assert loss == value == pytest.approx((log(4) + 20 * log(10)) / 2, rel=1e-14)
    np.testing.assert_allclose(dx, [[-2, 0], [-5e19, 0]], rtol=1e-14)


def test_gradients_of_multinomial_logistic_loss(build, check_gradients, draw):
    x = np.exp(draw(5, 3, 2, 4))
    net = build(layer("MultinomialLogisticLoss"), x=x, t=np.array([0.0, 23, 7, 7, 1]).reshape(5, 1, 1, 1))
    check_gradients(net, ["x"])


def test_softmax_before_it_gives_softmax_with_loss(build, draw):
    """Two ways to write one loss: the same value, and the same gradient of the scores."""
    softmax = 'layer { name: "p" type: "Softmax" bottom: "x" top: "p" }'
    x, t = draw(5, 7), np.array([0.0, 6, 2, 2, 1])
    both = [
        build(softmax + layer("MultinomialLogisticLoss", bottoms="pt"), x=x, t=t),
        build(layer("SoftmaxWithLoss"), x=x, t=t),
    ]
    (loss, _, dx), (other_loss, _, other_dx) = (losses_and_gradients(net, "x") for net in both)
    assert loss == pytest.approx(other_loss, rel=1e-13)
    np.testing.assert_allclose(dx, other_dx, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", ["HingeLoss", "MultinomialLogisticLoss"])
def test_labels_are_checked(kind, build, draw):
    with pytest.raises(NetError, match="6 labels for 3 items"):
        build(layer(kind), x=draw(3, 4), t=np.zeros((3, 2)))
    net = build(layer(kind), x=draw(3, 4), t=np.array([0.0, 4, 1]))
    with pytest.raises(DataError, match="label 4"):
        net.forward()


# SigmoidCrossEntropyLoss

# x = 0 and log(3) have p = 1/2 and 3/4. Losses: log 2, -log(3/4), 200 (p = 0 for the target 1), and 0.25 x less
# than -log(1 - p) = log 4 for the target 1/4.
X = np.array([[0, LN3], [-200, LN3]])
TARGETS = np.array([[0.0, 1], [1, 0.25]])
LOSSES = np.array([[log(2), log(4 / 3)], [200, log(4) - 0.25 * LN3]])
ERRORS = np.array([[0.5, -0.25], [-1, 0.5]])


def without(*places):
    keep = np.ones((2, 2))
    keep[places] = 0
    return keep


@pytest.mark.parametrize(
    ("param", "counts", "divisor"),
    [
        ("", without((), ()), 2),
        ("normalization: VALID", without((), ()), 4),
        ("normalization: NONE", without((), ()), 1),
        # 1/4 is cut off to 0, too.
        ("ignore_label: 0", without([0, 1], [0, 1]), 2),
        ("ignore_label: 1 normalization: FULL", without([0, 1], [1, 0]), 4),
        ("ignore_label: 1 normalize: true", without([0, 1], [1, 0]), 2),
        ("ignore_label: 1 normalize: true normalization: NONE", without([0, 1], [1, 0]), 1),
        ("ignore_label: 1 normalize: false", without([0, 1], [1, 0]), 2),
    ],
)
def test_sigmoid_cross_entropy_loss_by_hand(param, counts, divisor, build):
    net = build(layer("SigmoidCrossEntropyLoss", f"loss_weight: 3 loss_param {{ {param} }}"), x=X, t=TARGETS)
    loss, value, dx = losses_and_gradients(net, "x")
    assert value == pytest.approx((LOSSES * counts).sum() / divisor, rel=1e-14)
    assert loss == pytest.approx(3 * value, rel=1e-14)
    np.testing.assert_allclose(dx, 3 * ERRORS * counts / divisor, rtol=1e-14, atol=1e-80)


def test_gradients_of_sigmoid_cross_entropy_loss(build, check_gradients, draw):
    t = draw(2, 3, 5, 4) > 0
    text = layer("SigmoidCrossEntropyLoss", "loss_param { ignore_label: 0 normalization: VALID }")
    check_gradients(build(text, x=draw(2, 3, 4, 5), t=t.reshape(2, 60)), ["x"])
    check_gradients(build(layer("SigmoidCrossEntropyLoss"), x=draw(2, 3, 4, 5), t=draw(2, 60)), ["x"])


def test_all_targets_ignored(build):
    text = layer("SigmoidCrossEntropyLoss", "loss_param { ignore_label: -1 normalization: VALID }")
    net = build(text, x=np.array([[np.inf, np.nan]]), t=-np.ones((1, 2)))
    loss, _, dx = losses_and_gradients(net, "x")
    assert loss == 0
    assert (dx == 0).all()


def test_sigmoid_cross_entropy_loss_refuses(build, draw):
    with pytest.raises(NetError, match="12 scores but 9 targets"):
        build(layer("SigmoidCrossEntropyLoss"), x=draw(3, 4), t=draw(3, 3))


# InfogainLoss

H = np.array([[1.0, 2], [0, 5]])
LOGITS = np.array([[0, LN3], [0, LN3], [0, LN3]])  # p = 1/4 3/4.
ROWS = np.array([1 * log(4) + 2 * log(4 / 3), 5 * log(4 / 3), 5 * log(4 / 3)])  # For the labels 0 1 1.
ROW_GRADIENTS = np.array([[-0.25, 0.25], [1.25, -1.25], [1.25, -1.25]])  # 3 p - (1 2), 5 p - (0 5).


@pytest.mark.parametrize(
    ("param", "counts", "divisor"),
    [
        ("", [1, 1, 1], 3),
        ("normalization: NONE", [1, 1, 1], 1),
        ("ignore_label: 0", [0, 1, 1], 2),
        ("ignore_label: 0 normalization: BATCH_SIZE", [0, 1, 1], 3),
        ("ignore_label: 1 normalization: FULL", [1, 0, 0], 3),
    ],
)
def test_infogain_loss_by_hand(param, counts, divisor, build):
    text = layer("InfogainLoss", f"loss_weight: 2 loss_weight: 0 loss_param {{ {param} }}", "xth", "yp")
    net = build(text, x=LOGITS, t=np.array([0.0, 1, 1]), h=H)
    loss, value, dx = losses_and_gradients(net, "x")
    assert value == pytest.approx(ROWS @ counts / divisor, rel=1e-14)
    assert loss == pytest.approx(2 * value, rel=1e-14)
    np.testing.assert_allclose(dx, 2 * ROW_GRADIENTS * np.array([counts]).T / divisor, rtol=1e-13)
    np.testing.assert_allclose(net.blob("p").data, [[0.25, 0.75]] * 3, rtol=1e-14)


@pytest.mark.parametrize(
    ("axis", "classes", "labels", "outer"), [(1, 3, (2, 4, 5), 2), (-1, 5, (2, 3, 4), 24), (0, 2, (2, 30), 1)]
)
def test_infogain_loss_along_each_axis(axis, classes, labels, outer, build, check_gradients, draw):
    x, h = draw(2, 3, 4, 5), draw(classes, classes)
    t = np.random.default_rng(4).integers(0, classes, labels).astype(float)
    param = f"loss_param {{ normalization: BATCH_SIZE }} infogain_loss_param {{ axis: {axis} }}"
    net = build(layer("InfogainLoss", param, "xth"), x=x, t=t, h=h)
    p = np.exp(x) / np.exp(x).sum(axis, keepdims=True)
    log_p = np.log(np.moveaxis(p, axis, -1).reshape(-1, classes))
    want = -(h[t.flatten().astype(int)] * log_p).sum() / outer
    assert float(net.forward()) == pytest.approx(want, rel=1e-13)
    check_gradients(net, ["x"])


def test_infogain_loss_with_the_unit_matrix_is_softmax_with_loss(build, draw):
    x, t = draw(2, 3, 4, 5), np.random.default_rng(6).integers(0, 3, (2, 4, 5)).astype(float)
    infogain = build(layer("InfogainLoss", "loss_param { ignore_label: 1 }", "xth"), x=x, t=t, h=np.eye(3))
    softmax = build(layer("SoftmaxWithLoss", "loss_param { ignore_label: 1 }"), x=x, t=t)
    (loss, _, dx), (other_loss, _, other_dx) = (losses_and_gradients(net, "x") for net in (infogain, softmax))
    assert loss == pytest.approx(other_loss, rel=1e-13)
    np.testing.assert_allclose(dx, other_dx, rtol=1e-12, atol=1e-16)


def test_infogain_loss_reads_its_matrix_from_a_file(tmp_path, build):
    write_binary(tmp_path / "h.binaryproto", array_to_blob(H.astype(np.float32).reshape(1, 1, 2, 2)))
    source = f'infogain_loss_param {{ source: "{tmp_path}/h.binaryproto" }}'
    net = build(layer("InfogainLoss", source), x=LOGITS, t=np.array([0.0, 1, 1]))
    _, value, dx = losses_and_gradients(net, "x")
    assert value == pytest.approx(ROWS.mean(), rel=1e-14)
    np.testing.assert_allclose(dx, ROW_GRADIENTS / 3, rtol=1e-13)


def test_infogain_loss_refuses(tmp_path, build, draw):
    x, t = draw(3, 4), np.zeros(3)
    with pytest.raises(NetError, match="it has no matrix H"):
        build(layer("InfogainLoss"), x=x, t=t)
    with pytest.raises(NetError, match="its matrix H has 9 values: expected 4 x 4"):
        build(layer("InfogainLoss", bottoms="xth"), x=x, t=t, h=draw(3, 3))
    with pytest.raises(NetError, match="use normalization"):
        build(layer("InfogainLoss", "loss_param { normalize: true }", "xth"), x=x, t=t, h=draw(4, 4))
    with pytest.raises(NetError, match="need 3 labels"):
        build(layer("InfogainLoss", bottoms="xth"), x=x, t=np.zeros((3, 2)), h=draw(4, 4))
    with pytest.raises(ProtoError, match=r"nowhere\.binaryproto"):
        build(layer("InfogainLoss", f'infogain_loss_param {{ source: "{tmp_path}/nowhere.binaryproto" }}'), x=x, t=t)
    net = build(layer("InfogainLoss", bottoms="xth"), x=x, t=np.array([0.0, 1, 4]), h=draw(4, 4))
    with pytest.raises(DataError, match="label 4"):
        net.forward()


# What all have in common


@pytest.mark.parametrize(
    ("kind", "bottoms"),
    [
        ("HingeLoss", "xt"),
        ("InfogainLoss", "xth"),
        ("MultinomialLogisticLoss", "xt"),
        ("SigmoidCrossEntropyLoss", "xx"),
    ],
)
def test_labels_have_no_gradient(kind, bottoms, build, draw):
    inputs = {"x": np.exp(draw(3, 4)), "t": np.zeros(3), "h": draw(4, 4)}
    net = build(layer(kind, bottoms=bottoms), **{name: inputs[name] for name in bottoms})
    net.forward()
    wanted = [False] * len(bottoms)
    wanted[-1] = True
    with pytest.raises(NetError, match=rf"layer 'l' \({kind}\): it cannot propagate a gradient"):
        net.layer("l").backward([net.blob("y")], wanted, [net.blob(b) for b in bottoms])


def test_float32_stays_float32(build, draw):
    for kind, inputs in {
        "ContrastiveLoss": {"x": draw(3, 4), "z": -draw(3, 4), "t": np.array([0.0, 1, 0])},
        "HingeLoss": {"x": draw(3, 4), "t": np.array([0.0, 1, 0])},
        "InfogainLoss": {"x": draw(3, 4), "t": np.array([0.0, 1, 0]), "h": draw(4, 4)},
        "MultinomialLogisticLoss": {"x": np.exp(draw(3, 4)), "t": np.array([0.0, 1, 0])},
        "SigmoidCrossEntropyLoss": {"x": draw(3, 4), "t": draw(3, 4)},
    }.items():
        net = build(layer(kind, bottoms=list(inputs)), dtype=torch.float32, **inputs)
        net.forward()
        net.backward()
        assert net.blob("y").data.dtype == net.blob("x").diff.dtype == torch.float32
        assert net.blob("x").diff.any()
