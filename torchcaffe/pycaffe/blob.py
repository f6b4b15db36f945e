"""Blobs and layers as pycaffe shows them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from torchcaffe import blob as core
from torchcaffe.blob import Shape
from torchcaffe.layers import layer as core_layer

Array = npt.NDArray[np.floating[Any]]


class Blob:
    """A net's blob: `data` and `diff` are arrays whose changes reach the net, on the GPU too.

    Params keep their arrays. A top gets new ones at every forward, so take `data` anew after it.
    """

    def __init__(self, blob: core.Blob) -> None:
        self._blob = blob

    @property
    def data(self) -> Array:
        return self._blob.host_data()

    @property
    def diff(self) -> Array:
        return self._blob.host_diff()

    @property
    def shape(self) -> Shape:
        return self._blob.shape

    @property
    def count(self) -> int:
        return self._blob.count

    @property
    def num(self) -> int:
        return self._old_axis(0)

    @property
    def channels(self) -> int:
        return self._old_axis(1)

    @property
    def height(self) -> int:
        return self._old_axis(2)

    @property
    def width(self) -> int:
        return self._old_axis(3)

    def reshape(self, *shape: int) -> None:
        """Gives the blob a shape; `Net.reshape` or `Net.forward` then carries an input's through the net."""
        self._blob.reshape(*shape)

    def _old_axis(self, axis: int) -> int:
        """The size of one of four axes, 1 where the blob has fewer."""
        if len(self.shape) > 4:
            raise ValueError(f"num, channels, height and width are for up to 4 axes, this blob has {self.shape}")
        return self.shape[axis] if axis < len(self.shape) else 1


class BlobVec(Sequence[Blob]):
    """The params of a layer, in order."""

    def __init__(self, blobs: list[core.Blob]) -> None:
        self._blobs = [Blob(blob) for blob in blobs]

    def __len__(self) -> int:
        return len(self._blobs)

    def __getitem__(self, index: Any) -> Any:
        return self._blobs[index]

    def __iter__(self) -> Iterator[Blob]:
        return iter(self._blobs)


class Layer:
    """A net's layer: its `type` and its params, `blobs`."""

    def __init__(self, layer: core_layer.Layer) -> None:
        self.type = layer.param.type
        self.blobs = BlobVec(layer.blobs)
