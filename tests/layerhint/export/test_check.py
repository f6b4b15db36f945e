"""An ONNX model that does not do what Caffe does is found out."""

from collections.abc import Iterator

import numpy as np
import pytest

from layerhint.errors import LayerhintError
from layerhint.export.check import Agreement, Checked, check
from layerhint.export.images import Batch

SCORES = np.array([[1, 2, 4], [3, 0, 0], [0, 5, 1], [2, 1, 0]], np.float32)
LABELS = np.array([2, 1, 1, 0])


class Stub:
    """A net that gives the scores of the images that it is shown, shifted; an image is its row's number."""

    dtype = np.dtype(np.float32)

    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift

    def forward(self, images: np.ndarray, outputs: list[str]) -> list[np.ndarray]:
        assert outputs == ["fc"]
        return [SCORES[images.ravel().astype(int)] + np.float32(self.shift)]


class Four:
    """Four images in two batches."""

    count = 4
    name = "test images"

    def __init__(self, labelled: bool = True, stored: np.ndarray | None = None) -> None:
        self.labelled = labelled
        self.stored = stored

    def batches(self, size: int) -> Iterator[Batch]:
        for rows in (np.arange(3), np.arange(3, 4)):
            yield Batch(rows.astype(np.float32).reshape(-1, 1), self.stored, LABELS[rows] if self.labelled else None)


def run(onnx: Stub, nets: dict[str, Stub], images: Four) -> Checked:
    return check(onnx, nets, images, "fc")  # type: ignore[arg-type]  # What is asked of them, they have.


def test_what_agrees_is_counted() -> None:
    checked = run(Stub(), {"torchcaffe": Stub()}, Four())
    assert (checked.images, checked.labelled, checked.correct) == (4, True, 3)  # Row 1's largest is 0, its label 1.
    assert checked.agreements == {"torchcaffe": Agreement(0.0, 0.0, float(np.square(SCORES).sum()), 4, 3)}


def test_without_labels_nothing_is_right_or_wrong() -> None:
    assert not run(Stub(), {"torchcaffe": Stub()}, Four(labelled=False)).labelled


def test_a_small_difference_is_measured() -> None:
    """Shifted by 2^-15: relative norm 2^-15 sqrt(12) / sqrt(61), the squares of SCORES being 61 together."""
    agreement = run(Stub(2**-15), {"torchcaffe": Stub()}, Four()).agreements["torchcaffe"]
    assert agreement.largest == 2**-15
    assert agreement.relative == pytest.approx(2**-15 * np.sqrt(12 / 61))
    assert agreement.same == 4


@pytest.mark.parametrize("shift", [0.01, np.nan, np.inf])
def test_a_large_difference_is_refused(shift: float) -> None:
    with pytest.raises(LayerhintError, match=r"on 4 test images its scores 'fc' are \S+ apart .* Nothing was written"):
        run(Stub(shift), {"torchcaffe": Stub()}, Four())


def test_the_engine_that_differs_is_named() -> None:
    with pytest.raises(LayerhintError, match="the ONNX model does not do what Caffe does"):
        run(Stub(1), {"torchcaffe": Stub(1), "Caffe": Stub()}, Four())


def test_predictions_that_differ_are_counted() -> None:
    agreement = Agreement()
    agreement.add(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [4.0, 3.0]]), np.array([1, 0]))
    assert (agreement.same, agreement.correct, agreement.largest) == (1, 2, 1.0)


def test_scores_that_are_all_zero_have_a_distance_too() -> None:
    agreement = Agreement()
    agreement.add(np.array([[3.0, 4.0]]), np.zeros((1, 2)), None)
    assert agreement.relative == 5


def test_a_model_that_takes_bytes_needs_bytes() -> None:
    onnx = Stub()
    onnx.dtype = np.dtype(np.uint8)
    with pytest.raises(LayerhintError, match="the LMDB holds no bytes but floats"):
        run(onnx, {"torchcaffe": Stub()}, Four(stored=np.zeros((3, 1), np.float32)))
