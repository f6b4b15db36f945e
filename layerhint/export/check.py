"""Checks that an ONNX model gives the same scores and predictions as Caffe."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from layerhint.engines.net_process import NetProcess
from layerhint.errors import LayerhintError
from layerhint.export.graph import Array
from layerhint.export.images import Batch, Images
from layerhint.export.runtime import OnnxNet

# Rounding in float32 is some hundred times less, a wrong conversion far more.
TOLERANCE = 1e-4
_BATCH = 128


@dataclass
class Agreement:
    """ONNX's scores compared with an engine's: the largest difference, the sums of squares, the numbers of equal
    predictions and of the engine's right ones."""

    largest: float = 0.0
    squared_difference: float = 0.0
    squared_norm: float = 0.0
    same: int = 0
    correct: int = 0

    @property
    def relative(self) -> float:
        """||ONNX - Caffe|| / ||Caffe|| over all scores; where Caffe's are all zero, ||ONNX||."""
        return float(np.sqrt(self.squared_difference / (self.squared_norm or 1.0)))

    def add(self, onnx: Array, caffe: Array, labels: Array | None) -> None:
        """Counts a batch of scores, (N, classes) each."""
        difference = onnx.astype(np.float64) - caffe
        self.largest = float(np.maximum(self.largest, np.abs(difference).max()))  # Keeps a NaN, as max does not.
        self.squared_difference += float(np.square(difference).sum())
        self.squared_norm += float(np.square(caffe, dtype=np.float64).sum())
        self.same += int((onnx.argmax(1) == caffe.argmax(1)).sum())
        self.correct += _right(caffe, labels)


@dataclass
class Checked:
    """The result of a check on `images` images: the agreement with each engine by its name, and the number of right
    predictions if there are labels."""

    images: int
    name: str
    labelled: bool = False
    correct: int = 0
    agreements: dict[str, Agreement] = field(default_factory=dict)


def check(onnx: OnnxNet, nets: Mapping[str, NetProcess], images: Images, scores: str) -> Checked:
    """Runs all nets on all images, and compares the blob `scores`.

    Raises LayerhintError where ONNX is further than TOLERANCE from an engine, and as the engines do.
    """
    checked = Checked(images.count, images.name, agreements={name: Agreement() for name in nets})
    for batch in images.batches(_BATCH):
        (values,) = onnx.forward(_taken(onnx, batch), [scores])
        found = values.reshape(len(values), -1)
        checked.labelled = batch.labels is not None
        checked.correct += _right(found, batch.labels)
        for name, net in nets.items():
            (wanted,) = net.forward(batch.prepared, [scores])
            checked.agreements[name].add(found, wanted.reshape(found.shape), batch.labels)
    for name, agreement in checked.agreements.items():
        if not agreement.relative <= TOLERANCE:  # Not `>`, which NaN would pass.
            raise LayerhintError(
                f"the ONNX model does not do what {name} does: on {images.count} {images.name} its scores '{scores}' "
                f"are {agreement.relative:.1e} apart (relative norm; allowed: {TOLERANCE:g}), at most "
                f"{agreement.largest:.1e} each. Nothing was written"
            )
    return checked


def _taken(onnx: OnnxNet, batch: Batch) -> Array:
    """The images as the model takes them: as they are stored, or prepared."""
    if onnx.dtype != np.uint8:
        return batch.prepared
    if batch.stored is None or batch.stored.dtype != np.uint8:
        raise LayerhintError("the LMDB holds no bytes but floats, so no mean can be put in front: drop --with-mean")
    return batch.stored


def _right(scores: Array, labels: Array | None) -> int:
    return 0 if labels is None else int((scores.argmax(1) == labels).sum())
