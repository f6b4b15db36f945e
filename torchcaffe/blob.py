"""The blob: a named pair of arrays, `data` and `diff`, of one shape."""

from math import prod

import numpy as np
import numpy.typing as npt
import torch

Shape = tuple[int, ...]


def shape_string(shape: Shape) -> str:
    """A shape as Caffe prints it: `64 3 3 3 (1728)`, the element count in brackets."""
    return "".join(f"{d} " for d in shape) + f"({prod(shape)})"


class _Half:
    """One of a blob's two arrays: allocated on first use, mirrored on the host when a person asks for it.

    The mirror follows Caffe's SyncedMemory: after the host array has been handed out, the next use on the
    device uploads it, since the person may have written into it.
    """

    __slots__ = ("host", "tensor")

    def __init__(self) -> None:
        self.tensor: torch.Tensor | None = None
        self.host: npt.NDArray[np.floating] | None = None


class Blob:
    """`data` and its gradient `diff`, both of shape `shape`, zero until written.

    In memory they are C-contiguous or, for images, may have their channels innermost.

    A layer's forward binds a new tensor to its top's `data` rather than writing into the old one, so that a
    layer that works in place leaves alone what an earlier layer has kept for its backward pass. Parameters
    are written in place: views of them stay views.

    Source: Caffe 1.0, `include/caffe/blob.hpp`, `include/caffe/syncedmem.hpp`.
    """

    def __init__(
        self,
        shape: Shape = (),
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self._shape: Shape = tuple(shape)
        self.device = torch.device(device)
        self.dtype = dtype
        self._data = _Half()
        self._diff = _Half()

    @property
    def shape(self) -> Shape:
        return self._shape

    @property
    def count(self) -> int:
        return prod(self._shape)

    def reshape(self, *shape: int) -> None:
        """Gives the blob a shape. Values survive only if the shape is the one it has."""
        if shape != self._shape:
            self._shape = shape
            self._data = _Half()
            self._diff = _Half()

    def canonical_axis(self, axis: int) -> int:
        """A possibly negative axis as one counted from the front; `IndexError` if there is none such."""
        rank = len(self._shape)
        if not -rank <= axis < rank:
            raise IndexError(f"axis {axis} of a blob with {rank} axes, shape {shape_string(self._shape)}")
        return axis % rank

    @property
    def data(self) -> torch.Tensor:
        return self._read(self._data)

    @data.setter
    def data(self, value: torch.Tensor) -> None:
        self._bind(self._data, value)

    @property
    def diff(self) -> torch.Tensor:
        return self._read(self._diff)

    @diff.setter
    def diff(self, value: torch.Tensor) -> None:
        self._bind(self._diff, value)

    def host_data(self) -> npt.NDArray[np.floating]:
        """`data` as an array that may be written to; what is written reaches the device."""
        return self._host(self._data)

    def host_diff(self) -> npt.NDArray[np.floating]:
        """`diff` as an array that may be written to; what is written reaches the device."""
        return self._host(self._diff)

    def share(self, other: "Blob") -> None:
        """Makes this blob's data and diff those of `other`, seen in this blob's own shape (equal counts)."""
        self._data.tensor = other.data.view(self._shape)
        self._diff.tensor = other.diff.view(self._shape)

    def share_data(self, other: "Blob") -> None:
        """Makes this blob's data that of `other`, seen in this blob's own shape (equal counts)."""
        self._data.tensor = other.data.view(self._shape)
        self._data.host = None

    def _read(self, half: _Half) -> torch.Tensor:
        if half.tensor is None:
            half.tensor = torch.zeros(self._shape, device=self.device, dtype=self.dtype)
        if half.host is not None:
            half.tensor.copy_(torch.from_numpy(half.host))
            half.host = None
        return half.tensor

    def _bind(self, half: _Half, value: torch.Tensor) -> None:
        if tuple(value.shape) != self._shape:
            raise ValueError(f"a tensor of shape {tuple(value.shape)} for a blob of shape {self._shape}")
        half.tensor = value if _is_dense(value) else value.contiguous()
        half.host = None

    def _host(self, half: _Half) -> npt.NDArray[np.floating]:
        if self.device.type == "cpu":
            cpu: npt.NDArray[np.floating] = self._read(half).detach().numpy()
            return cpu
        if half.host is None:
            half.host = self._read(half).cpu().numpy()
        return half.host


def _is_dense(tensor: torch.Tensor) -> bool:
    """Whether a tensor's elements fill their memory, in the order (N, C, H, W) or (N, H, W, C)."""
    return tensor.is_contiguous() or (tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last))
