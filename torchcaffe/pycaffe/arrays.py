"""The arrays that a person holds, kept in step with the nets' tensors behind them.

In Caffe `blob.data` is the blob's memory, for as long as the blob lives. Here a forward pass binds new tensors, and a
GPU's memory is out of numpy's reach. So this module remembers, weakly, which arrays were handed out, and brings both
sides together wherever control passes between the person's code and a net's: around every method of pycaffe that
runs a net (`net_runs`), and around every piece of the person's code that a net calls (`person_runs`). A net whose
arrays nobody holds pays nothing.

    an array is asked for           In host memory it is the tensor's own, a GPU's is copied. Before, what was written
                                    into arrays of the same memory goes to their tensors, and comes to the other arrays.
    a net is about to run,          The tensor gets memory of its own (`separate`), and what was written into the array
    or goes on after the person     (`written`, `to_tensor`). A copy is kept until the next time (`keep_until_read`).
    a net has run,                  What was written into the tensor goes to the array (`to_array`).
    or calls the person's code
    nobody holds the array          It is forgotten, if it is no copy that a net has yet to read.

Threads take turns at this (`turns`), but whoever holds an array may write into it at any time. So a net's run carries
back only what it has written: the array of another net, that another thread is filling just now, keeps what is put
there.
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
    """An array that stands for one half of a blob.

    It either is the memory of the blob's tensor, or a copy: then what one side has changed is copied to the other.
    Which of the two it is, only the tensor's address can say: a layer binds a new one whenever it runs.
    """

    def __init__(self, blob: Blob, half: Half, array: Array, is_param: bool) -> None:
        self.blob = blob
        self.half: Half = half
        self._is_param = is_param
        self._array = weakref.ref(array, self._forget)
        # A copy that the net has not read yet: the person may have written into it and let it go.
        self._unread: Array | None = None if self._is_tensor(array) else array
        self._agreed = _Written(self._tensor)  # What the tensor was when the array last held the same.

    def array(self) -> Array | None:
        """The array, if there is somebody who holds it and the blob still has its shape."""
        array = self._array()
        return array if array is not None and array.shape == self.blob.shape else None

    def separate(self) -> None:
        """Gives the blob memory of its own, where the array is that of its tensor.

        Layers keep tensors for their backward pass, and later values of the blob are to appear in the array.
        """
        array = self.array()
        if array is not None and self._is_tensor(array):
            self._tensor = self._tensor.clone()

    def written(self) -> Array | None:
        """The array if it differs from the tensor, in any bit; from now on only the person holds it."""
        array, self._unread = self.array(), None
        if array is None or self._is_tensor(array) or torch.equal(_bits(self._tensor), _bits(self._on_device(array))):
            return None
        return array

    def to_tensor(self, array: Array) -> None:
        """Copies the array into the tensor, which what shares it and what keeps it sees, as in Caffe.

        A top's diff is bound anew: layers pass one tensor on as the diff of several bottoms.
        """
        if self.half == "diff" and not self._is_param:
            self._tensor = self._on_device(array).clone()
        else:
            self._tensor.copy_(self._on_device(array))

    def keep_until_read(self) -> None:
        """Keeps the array, which holds what the tensor does: the person may write into it yet, and let it go."""
        array = self.array()
        if array is not None:
            self._agreed = _Written(self._tensor)
            self._unread = array

    def to_array(self) -> None:
        """Copies the tensor into the array, if anything was written into the tensor since the two agreed."""
        array = self.array()
        if array is not None and not self._agreed.still_holds(self._tensor):
            if not self._is_tensor(array):
                np.copyto(array, self._tensor.cpu().numpy())
            self._agreed = _Written(self._tensor)

    def shares(self, tensor: torch.Tensor) -> bool:
        """Whether the blob's tensor is in the same memory."""
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
    """What has been written into a tensor by now, as far as PyTorch counts it."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self._tensor = weakref.ref(tensor)
        self._version = _version(tensor)

    def still_holds(self, tensor: torch.Tensor) -> bool:
        return self._tensor() is tensor and self._version == _version(tensor) != _UNCOUNTED


_held: dict[tuple[int, Half], _Held] = {}
# For entries that come and go. An array goes at any moment, in any thread; that must not wait for a turn.
_entries = threading.RLock()
_UNCOUNTED = -1


def array_of(blob: Blob, half: Half, is_param: bool) -> Array:
    """A blob's data or diff as an array that may be written to and shows what the net writes.

    While somebody holds the array, or a view of it, the same one is given again.

    Args:
        is_param: whether the blob is a layer's param, whose tensor is written in place and never replaced.
    """
    with turn():
        return _array_of(blob, half, is_param)


@contextmanager
def net_runs() -> Iterator[None]:
    """Around a net's work that the person's code asks for: this thread's turn."""
    with turn():
        _to_nets()
        try:
            yield
        finally:
            _to_person()


@contextmanager
def person_runs() -> Iterator[None]:
    """Around the person's code that a net calls, a callback or a Python layer: meanwhile others have their turns."""
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
        blob.diff = tensor.clone()  # Another bottom of the layer that bound it may have the same tensor.
        array = blob.diff.numpy()
    else:
        array = tensor.numpy()
    with _entries:
        _held[_key(blob, half)] = _Held(blob, half, array, is_param)
    return array


def _to_nets() -> None:
    """Carries what was written into arrays over to the blobs, which do not share memory with arrays from then on."""
    everyone = list(_held.values())
    for held in everyone:
        held.separate()
    _settle(everyone)
    for held in everyone:
        held.keep_until_read()


def _settle(some: list[_Held]) -> None:
    """Carries what was written into arrays over to the blobs.

    First it finds all arrays that were written: where two of them stand for one tensor, as the params of nets that
    share them do, the one that was not must not undo the other.
    """
    written = [(held, array) for held in some if (array := held.written()) is not None]
    for held, array in written:
        held.to_tensor(array)


def _to_person() -> None:
    """Brings the arrays that somebody holds up to date."""
    for held in list(_held.values()):
        held.to_array()


def _key(blob: Blob, half: Half) -> tuple[int, Half]:
    return id(blob), half  # No other blob can take the id: an entry holds its blob.


def _in_host_memory(tensor: torch.Tensor) -> bool:
    return tensor.device.type == "cpu"


def _version(tensor: torch.Tensor) -> int:
    """How often a tensor was written to. PyTorch does not count for one that was made in its inference mode."""
    return _UNCOUNTED if tensor.is_inference() else tensor._version


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    """The elements as integers, so that a NaN equals itself."""
    return tensor.view(torch.int64 if tensor.element_size() == 8 else torch.int32)
