import numpy as np
import pytest

from torchcaffe.errors import DataError, NetError

# Scores of 4 items in 3 classes; the best classes are 2, 0, 1, 0, the second best 1, 2, 2, 1.
SCORES = np.array([[0.1, 0.3, 0.6], [0.5, 0.1, 0.4], [0.2, 0.7, 0.3], [0.9, 0.8, 0.0]])
LABELS = np.array([2, 2, 1, 1])


def layer(param="", tops='top: "acc"'):
    return f'layer {{ name: "l" type: "Accuracy" bottom: "x" bottom: "label" {tops} accuracy_param {{ {param} }} }}'


@pytest.mark.parametrize(
    ("param", "share"),
    [("", 0.5), ("top_k: 2", 1), ("top_k: 3", 1), ("ignore_label: 1", 0.5), ("ignore_label: 2", 0.5)],
)
def test_by_hand(param, share, build):
    """Items 0 and 2 are right; without class 1: 0 right, 1 wrong; without class 2: 2 right, 3 wrong."""
    net = build(layer(param), x=SCORES, label=LABELS)
    net.forward()
    assert float(net.blob("acc").data) == share


def test_ignored_labels_do_not_count(build):
    net = build(layer("ignore_label: 9"), x=SCORES, label=np.array([2, 9, 1, 9]))
    net.forward()
    assert float(net.blob("acc").data) == 1


def test_all_ignored_is_zero(build):
    net = build(layer("ignore_label: 9"), x=SCORES, label=np.full(4, 9))
    net.forward()
    assert float(net.blob("acc").data) == 0


def test_second_top_is_by_class(build):
    """Class 0 has no items, of class 1 item 2 of 2 and 3 is right, of class 2 item 0 of 0 and 1."""
    net = build(layer(tops='top: "acc" top: "each"'), x=SCORES, label=LABELS)
    net.forward()
    assert net.blob("each").data.tolist() == [0, 0.5, 0.5]


def test_second_top_leaves_out_ignored_labels(build):
    net = build(layer("ignore_label: 1", 'top: "acc" top: "each"'), x=SCORES, label=LABELS)
    net.forward()
    assert net.blob("each").data.tolist() == [0, 0, 0.5]


def test_a_tie_is_a_miss(build):
    """Caffe counts classes that score as much as the true one as better."""
    net = build(layer(), x=np.array([[1.0, 1.0, 0.0]]), label=np.array([0]))
    net.forward()
    assert float(net.blob("acc").data) == 0


def test_axis(build):
    """Scores (1, 2, 3) with classes last: argmax 1 and 2; and by position with classes first, (3, 2)."""
    x = np.array([[[0.0, 2, 1], [3, 0, 5]]])
    net = build(layer("axis: -1"), x=x, label=np.array([[1, 0]]))
    net.forward()
    assert float(net.blob("acc").data) == 0.5
    net = build(layer("axis: 0"), x=x[0].T.copy(), label=np.array([1, 2]))
    net.forward()
    assert float(net.blob("acc").data) == 1


def test_force_backward_leaves_it_alone(build, run_backward):
    net = build(layer(), x=SCORES, label=LABELS)
    net.forward()
    net.backward()
    assert not net.blob("x").diff.any()


def test_a_label_that_is_no_class_is_a_data_error(build):
    net = build(layer(), x=SCORES, label=np.array([0, 1, 2, 3]))
    with pytest.raises(DataError, match=r"layer 'l' \(Accuracy\): label 3 in 'label'.*3 classes, 0 to 2"):
        net.forward()


def test_refuses_what_does_not_fit(build):
    with pytest.raises(NetError, match="top_k is 4, but there are 3 classes"):
        build(layer("top_k: 4"), x=SCORES, label=LABELS)
    with pytest.raises(NetError, match=r"need 4 labels, from 0 to 2, but 'label' has shape 3 \(3\)"):
        build(layer(), x=SCORES, label=np.zeros(3))
