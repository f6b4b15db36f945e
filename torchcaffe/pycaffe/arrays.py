"""Keeps the arrays that a user's code holds in step with the nets' tensors.

In Caffe `blob.data` is the blob's memory, for as long as the blob lives. Here a forward pass binds new tensors, and a
GPU's memory is out of numpy's reach. So this module keeps weak references to the arrays that it handed out, and
synchronises arrays and tensors whenever control passes between the user's code and a net: around every method of
pycaffe that runs a net (`net_runs`), and around every piece of the user's code that a net calls (`person_runs`). A net
whose arrays nobody holds costs nothing.

    the user asks for an array      On a CPU it shares the tensor's memory; a GPU's tensor is copied. First, what was
                                    written into other arrays of this memory is copied to their tensors, and then to the
                                    other arrays.
    a net is about to run,          The tensor gets memory of its own (`separate`), and what was written into the array
    or the user's code returns      is copied to it (`written`, `to_tensor`). The array is kept alive until the next
                                    time (`keep_until_read`).
    a net has run,                  What was written into the tensor is copied to the array (`to_array`).
    or calls the user's code
    nobody holds the array          It is forgotten, unless it is a copy that the net still has to read.

Threads take turns at this (`turns`), but a user's thread may write into an array at any time. So after a run only the
tensors that the net has written are copied to arrays: another net's array that a thread is just filling is left alone.
"""

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from torchcaffe.blob import Blob
from torchcaffe.pycaffe.turns import turn, turn_of_others

Array = npt.NDArray[np.floating[Any]]
Half = Literal["data", "diff"]


class _Held:
    """An array that was handed out for one half of a blob, its data or its diff.

    It either shares the tensor's memory, or is a copy: then changes of one side are copied to the other. Which of the
    two it is must be checked by address each time, since a layer binds a new tensor whenever it runs.
    """

    def __init__(self, blob: Blob, half: Half, array: Array, is_param: bool) -> None:
        self.blob = blob
        self.half: Half = half
        self._is_param = is_param
        self._array = weakref.ref(array, self._forget)
        # A copy that the net has not read yet, kept alive: the user may have written into it and dropped it.
        self._unread: Array | None = None if self._is_tensor(array) else array
        self._agreed = _Written(self._tensor)  # The tensor when the array last had the same values.

    def array(self) -> Array | None:
        """The array, if it is still alive and the blob still has its shape."""
        array = self._array()
        return array if array is not None and array.shape == self.blob.shape else None

    def separate(self) -> None:
        """Gives the blob a tensor of its own, if it shares its memory with the array.

        Layers keep tensors for their backward pass, and the array must still show later values of the blob.
        """
        array = self.array()
        if array is not None and self._is_tensor(array):
            self._tensor = self._tensor.clone()

    def written(self) -> Array | None:
        """The array, if it differs from the tensor in any bit; else None. It is no longer kept alive here."""
        array, self._unread = self.array(), None
        if array is None or self._is_tensor(array) or torch.equal(_bits(self._tensor), _bits(self._on_device(array))):
            return None
        return array

    def to_tensor(self, array: Array) -> None:
        """Copies the array into the tensor, in place: whatever shares or keeps the tensor sees it, as in Caffe.

        A top's diff gets a new tensor instead, since layers may bind one tensor as the diff of several bottoms.
        """
        if self.half == "diff" and not self._is_param:
            self._tensor = self._on_device(array).clone()
        else:
            self._tensor.copy_(self._on_device(array))

    def keep_until_read(self) -> None:
        """Keeps the array, which now equals the tensor, alive: the user may still write into it and drop it."""
        array = self.array()
        if array is not None:
            self._agreed = _Written(self._tensor)
            self._unread = array

    def to_array(self) -> None:
        """Copies the tensor into the array, if the tensor was written since the two were equal."""
        array = self.array()
        if array is not None and not self._agreed.still_holds(self._tensor):
            if not self._is_tensor(array):
                np.copyto(array, self._tensor.cpu().numpy())
            self._agreed = _Written(self._tensor)

    def shares(self, tensor: torch.Tensor) -> bool:
        """Whether the blob's tensor shares its memory with `tensor`."""
        return self._tensor.untyped_storage().data_ptr() == tensor.untyped_storage().data_ptr()

    @property
    def _tensor(self) -> torch.Tensor:
        return self.blob.data if self.half == "data" else self.blob.diff

    @_tensor.setter
    def _tensor(self, tensor: torch.Tensor) -> None:
        setattr(self.blob, self.half, tensor)

    def _is_tensor(self, array: Array) -> bool:
        return bool(array.__array_interface__["data"][0] == self._tensor.data_ptr())

    def _on_device(self, array: Array) -> torch.Tensor:
        return torch.from_numpy(array).to(self.blob.device)

    def _forget(self, _: object) -> None:
        with _entries:
            if _held.get(_key(self.blob, self.half)) is self:
                del _held[_key(self.blob, self.half)]


class _Written:
    """A tensor and PyTorch's count of the writes to it, to find out whether it was written since."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self._tensor = weakref.ref(tensor)
        self._version = _version(tensor)

    def still_holds(self, tensor: torch.Tensor) -> bool:
        return self._tensor() is tensor and self._version == _version(tensor) != _UNCOUNTED


_held: dict[tuple[int, Half], _Held] = {}
# Guards `_held`. An array may be freed at any moment, in any thread, which must not wait for a turn.
_entries = threading.RLock()
_UNCOUNTED = -1


def array_of(blob: Blob, half: Half, is_param: bool) -> Array:
    """A blob's data or diff as an array: writes to it reach the net, and it shows what the net writes.

    As long as the array, or a view of it, is alive, the same array is returned again.

    Args:
        is_param: whether the blob is a layer's param, whose tensor is written in place and never replaced.
    """
    with turn():
        return _array_of(blob, half, is_param)


@contextmanager
def net_runs() -> Iterator[None]:
    """Encloses a net's run that the user's code asks for; waits for this thread's turn."""
    with turn():
        _to_nets()
        try:
            yield
        finally:
            _to_person()


@contextmanager
def person_runs() -> Iterator[None]:
    """Encloses the user's code that a net calls, a callback or a Python layer; other threads get their turns."""
    with turn():
        _to_person()
    try:
        with turn_of_others():
            yield
    finally:
        with turn():
            _to_nets()


def _array_of(blob: Blob, half: Half, is_param: bool) -> Array:
    tensor = blob.data if half == "data" else blob.diff
    if is_param and _in_host_memory(tensor):
        array: Array = tensor.numpy()
        return array
    own = _held.get(_key(blob, half))
    known = None if own is None else own.array()
    sharing = [held for held in list(_held.values()) if held.shares(tensor)]
    if sharing != [own]:
        _settle(sharing)
        for held in sharing:
            held.to_array()
    if known is not None:
        return known
    if not _in_host_memory(tensor):
        array = tensor.to("cpu", copy=True).numpy()
    elif half == "diff":
        blob.diff = tensor.clone()  # The layer may have bound this tensor to another bottom too.
        array = blob.diff.numpy()
    else:
        array = tensor.numpy()
    with _entries:
        _held[_key(blob, half)] = _Held(blob, half, array, is_param)
    return array


def _to_nets() -> None:
    """Copies what was written into arrays to the blobs, which then no longer share memory with arrays."""
    everyone = list(_held.values())
    for held in everyone:
        held.separate()
    _settle(everyone)
    for held in everyone:
        held.keep_until_read()


def _settle(some: list[_Held]) -> None:
    """Copies what was written into arrays to the blobs.

    It first finds all arrays that were written: if two arrays belong to one tensor, as with params that nets share, the
    one that was not written must not undo the other.
    """
    written = [(held, array) for held in some if (array := held.written()) is not None]
    for held, array in written:
        held.to_tensor(array)


def _to_person() -> None:
    """Brings the arrays that are alive up to date."""
    for held in list(_held.values()):
        held.to_array()


def _key(blob: Blob, half: Half) -> tuple[int, Half]:
    return id(blob), half  # No other blob can take the id: an entry holds its blob.


def _in_host_memory(tensor: torch.Tensor) -> bool:
    return tensor.device.type == "cpu"


def _version(tensor: torch.Tensor) -> int:
    """How often a tensor was written; _UNCOUNTED for a tensor of inference mode, which PyTorch does not count."""
    return _UNCOUNTED if tensor.is_inference() else tensor._version


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    """The elements as integers, so that a NaN equals itself."""
    return tensor.view(torch.int64 if tensor.element_size() == 8 else torch.int32)
