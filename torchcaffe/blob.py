"""The blob: a named pair of arrays, `data` and `diff`, of one shape."""

from collections.abc import Callable
from math import prod

import torch

from torchcaffe.errors import NetError
from torchcaffe.memory import check_memory

MAX_AXES, MAX_COUNT = 32, 2**31 - 1
"""Caffe's limits of a blob: the axes, and the elements in all."""

Shape = tuple[int, ...]
# Data, diff, and the function that computes data which has not been read yet.
Bound = tuple[torch.Tensor | None, torch.Tensor | None, Callable[[], torch.Tensor] | None]


def shape_string(shape: Shape) -> str:
    """A shape as Caffe prints it: `64 3 3 3 (1728)`, the element count in brackets."""
    return "".join(f"{d} " for d in shape) + f"({prod(shape)})"


class ShapeError(NetError):
    """A shape that no blob can have, or that takes more memory than there is."""


class Blob:
    """`data` and its gradient `diff`, both of shape `shape`, zero until written.

    In memory they are C-contiguous or, for images, may have their channels innermost.

    A layer's forward binds a new tensor to its top's `data` rather than writing into the old one, so that a
    layer that works in place leaves alone what an earlier layer has kept for its backward pass. Parameters
    are written in place: views of them stay views.

    Source: Caffe 1.0, `include/caffe/blob.hpp`.
    """

    def __init__(
        self,
        shape: Shape = (),
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self._shape: Shape = _checked(tuple(shape))
        self.device = torch.device(device)
        self.dtype = dtype
        self._data: torch.Tensor | None = None
        self._diff: torch.Tensor | None = None
        self._later: Callable[[], torch.Tensor] | None = None  # Computes the data when it is first read.
        self._room: list[torch.Tensor] = []  # Flat data and diff of the largest size so far (see `resize`).

    @property
    def shape(self) -> Shape:
        return self._shape

    @property
    def count(self) -> int:
        return prod(self._shape)

    def reshape(self, *shape: int) -> None:
        """Gives the blob a shape; if it is a new one, the values are lost. Raises `ShapeError`."""
        if shape != self._shape:
            self._shape = _checked(shape)
            self._data = None
            self._diff = None
            self._later = None
            self._room = []

    def resize(self, *shape: int) -> None:
        """Gives the blob a shape, and keeps its values in their order, as Caffe's `Blob::Reshape` does.

        A blob that shrinks and grows again gets its old values back. One that grows beyond its largest size so far
        becomes all zeros. Raises `ShapeError`.
        """
        if shape == self._shape:
            return
        count, room = prod(_checked(shape)), self._whole_room()
        self.reshape(*shape)
        if count <= room[0].numel():
            self.data, self.diff = (half[:count].view(shape) for half in room)
            self._room = room

    def canonical_axis(self, axis: int) -> int:
        """A possibly negative axis, counted from the front; `IndexError` if there is no such axis."""
        rank = len(self._shape)
        if not -rank <= axis < rank:
            raise IndexError(f"axis {axis} of a blob with {rank} axes, shape {shape_string(self._shape)}")
        return axis % rank

    @property
    def data(self) -> torch.Tensor:
        if self._data is None:
            later, self._later = self._later, None
            self._data = self._fitting(later()) if later else self._zeros()
        return self._data

    @data.setter
    def data(self, value: torch.Tensor) -> None:
        self._data, self._later = self._fitting(value), None

    def bind_copy(self, value: torch.Tensor) -> None:
        """Binds a copy of a tensor as data, so that writing into one does not change the other."""
        fitting = self._fitting(value)
        self.data = fitting.clone() if fitting is value else fitting

    def bind_later(self, compute: Callable[[], torch.Tensor]) -> None:
        """Binds as data what `compute` returns, which is called when the data is first read."""
        self._data, self._later = None, compute

    def show(self, other: "Blob") -> None:
        """Takes the shape of `other` and shares its present data, without a copy."""
        self.reshape(*other.shape)
        self._data, self._later = other._data, None
        if other._later is not None:
            self.bind_later(lambda: other.data)

    def release(self) -> None:
        """Drops the data to free its memory: it reads as zero until it is bound again."""
        self._data, self._later = None, None

    @property
    def diff(self) -> torch.Tensor:
        if self._diff is None:
            self._diff = self._zeros()
        return self._diff

    @diff.setter
    def diff(self, value: torch.Tensor) -> None:
        self._diff = self._fitting(value)

    @property
    def has_diff(self) -> bool:
        """Whether a diff is bound; it reads as zero otherwise."""
        return self._diff is not None

    @property
    def bound(self) -> Bound:
        """What is bound now, without computing anything; assigning it binds it again."""
        return self._data, self._diff, self._later

    @bound.setter
    def bound(self, value: Bound) -> None:
        self._data, self._diff, self._later = value

    def take_diff(self) -> torch.Tensor | None:
        """Unbinds the diff, which then reads as zero, and returns it (or None): its memory is now the caller's."""
        diff, self._diff = self._diff, None
        return diff

    def share(self, other: "Blob") -> None:
        """Makes this blob's data and diff those of `other`, seen in this blob's own shape (equal counts)."""
        self.share_data(other)
        self._diff = other.diff.view(self._shape)

    def share_data(self, other: "Blob") -> None:
        """Makes this blob's data that of `other`, seen in this blob's own shape (equal counts)."""
        self.data = other.data.view(self._shape)

    def _whole_room(self) -> list[torch.Tensor]:
        """Flat data and diff, followed by the elements that an earlier `resize` cut off."""
        now = [self.data.reshape(-1), self.diff.reshape(-1)]
        before = self._room or now
        return [
            old if old.data_ptr() == new.data_ptr() else torch.cat([new, old[new.numel() :]])
            for old, new in zip(before, now, strict=True)
        ]

    def _zeros(self) -> torch.Tensor:
        if self.device.type == "cpu":
            size = self.count * self.dtype.itemsize
            check_memory(size, f"a blob of shape {shape_string(self._shape)}", ShapeError)
        return torch.zeros(self._shape, device=self.device, dtype=self.dtype)

    def _fitting(self, value: torch.Tensor) -> torch.Tensor:
        if tuple(value.shape) != self._shape:
            raise ValueError(f"a tensor of shape {tuple(value.shape)} for a blob of shape {self._shape}")
        return value if _is_dense(value) else value.contiguous()


def _checked(shape: Shape) -> Shape:
    if len(shape) > MAX_AXES or min(shape, default=0) < 0 or prod(shape) > MAX_COUNT:
        raise ShapeError(
            f"a blob cannot have the shape {shape_string(shape)}: it has up to {MAX_AXES} axes, of 0 or more each, "
            f"and up to {MAX_COUNT} elements"
        )
    return shape


def _is_dense(tensor: torch.Tensor) -> bool:
    """Whether a tensor's elements fill their memory, in the order (N, C, H, W) or (N, H, W, C)."""
    return tensor.is_contiguous() or (tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last))
