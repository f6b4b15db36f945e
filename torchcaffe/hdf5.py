"""Reads untrusted HDF5 files: checks what they hold before it is read.

A data set may claim any size, refer to other files, and ask for filters that libhdf5 looks for on the machine and loads
as code. Only data inside the file itself is read, and only through libhdf5's own filters.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from torchcaffe.errors import CaffeError, WeightsError
from torchcaffe.memory import check_memory

Refusal = Callable[[str], CaffeError]
"""An error from a message: its type, or what puts more into it."""
_OWN_FILTERS = range(1, 7)
"""deflate, shuffle, fletcher32, szip, nbit, scaleoffset."""
# What h5py raises for a damaged file, depending on where the damage is.
_DAMAGE = (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, OverflowError, MemoryError)


@contextmanager
def open_hdf5(path: str | Path, error: Refusal = WeightsError) -> Iterator[h5py.File]:
    """A context with the file open; inside, only read from it, since any error there counts as damage.

    Raises `error` if the file is absent or damaged.
    """
    try:
        with h5py.File(path, "r") as file:
            yield file
    except CaffeError:
        raise
    except _DAMAGE as cause:
        raise error(f"cannot read {path} as HDF5: {cause or 'it is damaged'}") from cause


def child(group: h5py.Group, name: str, error: Refusal = WeightsError) -> h5py.Group | h5py.Dataset:
    """A group's member `name`; refuses (`error`) a link into another file. Raises KeyError if there is none."""
    if isinstance(group.get(name, getlink=True), h5py.ExternalLink):
        raise error(f"{group.file.filename}: {_path(group, name)} is a link into another file, which is not followed")
    return group[name]


def numbers(
    dataset: Any, error: Refusal = WeightsError, real: type[np.floating[Any]] | None = None
) -> npt.NDArray[Any]:
    """A data set's values, as `real` if given. Refuses (`error`) anything but an array of numbers inside the file."""
    check_numbers(dataset, error)
    size = max(dataset.dtype.itemsize, 8 if real else 0) * max(dataset.size, *(dataset.chunks or (1,)))
    check_memory(size, f"{dataset.file.filename}: {dataset.name}", error)
    values: npt.NDArray[Any] = (dataset.astype(real) if real else dataset)[()]
    return np.asarray(values)


def check_numbers(dataset: Any, error: Refusal = WeightsError) -> None:
    """Refuses (`error`) anything but an array of numbers inside the file, without reading the values."""
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "fiu" or dataset.shape is None:
        raise error(f"{dataset.file.filename}: {dataset.name} is no array of numbers")
    plan = dataset.id.get_create_plist()
    filters = [plan.get_filter(i)[0] for i in range(plan.get_nfilters())]
    if dataset.external or dataset.is_virtual or any(known not in _OWN_FILTERS for known in filters):
        raise error(
            f"{dataset.file.filename}: {dataset.name} lies in other files, or needs a filter that is not HDF5's own: "
            "only plain data sets are read"
        )


def _path(group: h5py.Group, name: str) -> str:
    return f"{str(group.name).rstrip('/')}/{name}"
