"""Labels as layers read them, against the definition, label by label."""

import numpy as np
import pytest
import torch

from torchcaffe.errors import DataError
from torchcaffe.layer_types.layer import Layer, Place
from torchcaffe.layer_types.shared.labels import read_labels
from torchcaffe.net import Net
from torchcaffe.proto.text import parse_net

SHAPE, AXIS = (4, 1, 3, 2), 1


@pytest.fixture
def layer() -> Layer:
    text = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "scores" bottom: "label" top: "loss" }'
    return Layer(parse_net(text).layer[0], Place(torch.device("cpu"), torch.float32, None))


@pytest.fixture
def on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks at the labels then. All is computed on the CPU here."""
    monkeypatch.setattr(torch.Tensor, "is_cpu", False)


def draw(low: int, high: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(2).integers(low, high, SHAPE))


def scores(classes: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.zeros(*SHAPE[:AXIS], classes, *SHAPE[AXIS + 1 :], dtype=dtype)


def defined(labels: torch.Tensor, classes: int, ignore: int | None) -> tuple[list[int], list[float]]:
    """The nearest class of each label, and what the label counts."""
    given = labels.flatten().tolist()
    counts = [0.0 if i == ignore else 1.0 if 0 <= i < classes else float("nan") for i in given]
    return [min(max(i, 0), classes - 1) for i in given], counts


@pytest.mark.usefixtures("on_a_gpu")
@pytest.mark.parametrize("ignore", [None, 1, 0, 4, -2, 7])
@pytest.mark.parametrize("classes", [1, 5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_any_label(dtype, classes, ignore, layer):
    labels = draw(-3, 9)
    known, counts = read_labels(layer, labels.to(dtype).flatten(), scores(classes, dtype), AXIS, ignore)
    assert known.shape == counts.shape == SHAPE
    assert (known.dtype, counts.dtype) == (torch.int64, dtype)
    want, counted = defined(labels, classes, ignore)
    assert known.flatten().tolist() == want
    np.testing.assert_array_equal(counts.flatten().numpy(), counted)


@pytest.mark.parametrize("ignore", [-1, 5, 200])
def test_on_a_cpu_only_what_is_ignored_may_be_no_class(ignore, layer):
    labels = draw(0, 5)
    labels[1, 0, 2, 0] = ignore
    _, counts = read_labels(layer, labels.float(), scores(5), AXIS, ignore)
    np.testing.assert_array_equal(counts.flatten().numpy(), defined(labels, 5, ignore)[1])
    labels[2, 0, 1, 1] = 6
    with pytest.raises(DataError, match=r"^layer 'loss' .*: label 6 in 'label', but there are 5 classes"):
        read_labels(layer, labels.float(), scores(5), AXIS, ignore)


@pytest.mark.parametrize("label", [-1, 0])
def test_among_no_classes_no_label_is_one(label, layer):
    with pytest.raises(DataError, match=f"label {label} in 'label', but there are 0 classes"):
        read_labels(layer, torch.full(SHAPE, float(label)), scores(0), AXIS, None)


def test_a_label_that_is_read_twice_is_named_as_the_prototxt_names_it() -> None:
    """Not as the top of the Split that the net has made of it."""
    net = Net(
        parse_net("""state { phase: TRAIN }
        layer { name: "in" type: "Input" top: "scores" top: "label"
                input_param { shape { dim: 4 dim: 3 } shape { dim: 4 } } }
        layer { name: "loss" type: "SoftmaxWithLoss" bottom: "scores" bottom: "label" top: "loss" }
        layer { name: "acc" type: "Accuracy" bottom: "scores" bottom: "label" top: "acc" }""")
    )
    assert list(net.layer("acc").param.bottom) == ["scores_in_0_split_1", "label_in_1_split_1"]
    net.blob("label").data = torch.tensor([0.0, 1, 2, 3])
    with pytest.raises(DataError, match=r"layer 'loss' \(SoftmaxWithLoss\): label 3 in 'label', but there are 3"):
        net.forward()
