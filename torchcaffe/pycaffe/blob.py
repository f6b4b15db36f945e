"""Blobs as pycaffe shows them."""

from collections.abc import Iterable, Sequence
from typing import Any

from torchcaffe import blob as core
from torchcaffe.blob import Shape
from torchcaffe.layer_types import layer as core_layer
from torchcaffe.pycaffe.arrays import Array, array_of, net_runs


class Blob:
    """A net's blob: `data` and `diff` are arrays whose changes reach the net, on the GPU too.

    An array that a script keeps shows what the net writes later, until the blob changes its shape.
    """

    def __init__(self, blob: core.Blob, is_param: bool = False) -> None:
        self._blob = blob
        self._is_param = is_param

    def __repr__(self) -> str:
        return f"Blob {self.shape}"

    @property
    def data(self) -> Array:
        return array_of(self._blob, "data", self._is_param)

    @property
    def diff(self) -> Array:
        return array_of(self._blob, "diff", self._is_param)

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
        """Gives the blob a shape; `Net.reshape` or `Net.forward` then carries an input's through the net.

        Values stay, in their order, unless the blob grows beyond its largest size so far: then all are zeros.
        """
        sizes = _sizes(shape, "reshape")
        if any(size < 0 for size in sizes):
            raise ValueError(f"a blob's sizes are at least 0, got {shape}")
        if sizes != self.shape:
            with net_runs():  # First takes over what was written into its arrays.
                self._blob.resize(*sizes)

    def _old_axis(self, axis: int) -> int:
        """The size of one of four axes, 1 where the blob has fewer."""
        if len(self.shape) > 4:
            raise ValueError(f"num, channels, height and width are for up to 4 axes, this blob has {self.shape}")
        return self.shape[axis] if axis < len(self.shape) else 1


class BlobVec(Sequence[Blob]):
    """The params of a layer, in order.

    As in Caffe, assigning a blob shares it with its owner: the layer computes with it from then on, but a solver still
    trains the params that the net was built with.
    """

    def __init__(self, layer: core_layer.Layer) -> None:
        self._layer = layer

    def __repr__(self) -> str:
        return repr(list(self))

    def __len__(self) -> int:
        return len(self._layer.blobs)

    def __getitem__(self, index: Any) -> Any:
        chosen = self._layer.blobs[index]
        return [Blob(blob, True) for blob in chosen] if isinstance(chosen, list) else Blob(chosen, True)

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            blobs = [_core(blob) for blob in value]
            self._layer.blobs[index] = blobs
            self._layer.param_propagate_down[index] = [True] * len(blobs)
        else:
            self._layer.blobs[index] = _core(value)

    def __delitem__(self, index: int | slice) -> None:
        del self._layer.blobs[index]
        del self._layer.param_propagate_down[index]

    def append(self, blob: Blob) -> None:
        self.extend([blob])

    def extend(self, blobs: Iterable[Blob]) -> None:
        self[len(self) :] = blobs

    def add_blob(self, *shape: int) -> None:
        """Adds a param of this shape, zero: for the `setup` of a Python layer."""
        self._layer.add_param(_sizes(shape, "add_blob"))


def _sizes(shape: Sequence[Any], method: str) -> Shape:
    """The sizes given to a method as separate arguments, checked."""
    for size in shape:
        is_number = getattr(size, "ndim", None) == 0  # Also an array without axes.
        if isinstance(size, Iterable) and not is_number:
            numbers = ", ".join(map(str, size))
            raise TypeError(f"`{method}` takes sizes one by one: {method}({numbers}), got {method}({size!r:.80})")
    return tuple(map(int, shape))


def _core(blob: Blob) -> core.Blob:
    if not isinstance(blob, Blob):
        raise TypeError(f"a layer's params are blobs, got {blob!r:.80}: take one from `net.params` or `net.blobs`")
    return blob._blob
