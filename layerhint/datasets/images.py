"""Images and labels as arrays, split by split."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

SplitName = Literal["train", "test"]
Bytes = NDArray[np.uint8]
Labels = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Split:
    """Images uint8 (N, C, H, W), planes in the publisher's order, and labels (N,)."""

    images: Bytes
    labels: Labels


@dataclass(frozen=True)
class Decoded:
    """Both splits of a data set in the publisher's order."""

    train: Split
    test: Split
