"""HDF5 files that ask for more than what lies in them."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from torchcaffe.errors import NetError, WeightsError
from torchcaffe.hdf5 import child, numbers, open_hdf5


def test_what_lies_in_the_file_is_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset(
            "packed", data=np.arange(12, dtype=np.int16).reshape(3, 4), chunks=(2, 2), compression="gzip"
        )
    with open_hdf5(tmp_path / "a.h5") as file:
        values = numbers(child(file, "packed"), real=np.float32)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, np.arange(12).reshape(3, 4))


def test_a_size_that_is_only_claimed_takes_no_memory(tmp_path: Path) -> None:
    """8 TiB in a file of some kilobytes."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("huge", shape=(1 << 20, 1 << 20), dtype="f8", chunks=(64, 64))
    assert (tmp_path / "a.h5").stat().st_size < 1 << 16
    with (
        pytest.raises(WeightsError, match=r"huge would take 8192\.0 GiB of memory"),
        open_hdf5(tmp_path / "a.h5") as file,
    ):
        numbers(child(file, "huge"))


def test_what_is_refused_is_told_in_its_own_words(tmp_path: Path) -> None:
    """A refusal is a RuntimeError, as are some of what h5py raises for a damaged file."""
    h5py.File(tmp_path / "a.h5", "w").close()
    with pytest.raises(NetError, match=r"^the net has no such layer$"), open_hdf5(tmp_path / "a.h5"):
        raise NetError("the net has no such layer")


def test_a_link_into_another_file_is_not_followed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["it"] = np.ones(3)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["it"] = h5py.ExternalLink("secret.h5", "/it")
    with pytest.raises(WeightsError, match="a link into another file"), open_hdf5(tmp_path / "a.h5") as file:
        child(file, "it")


def test_values_in_another_file_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(bytes(24))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("it", shape=(3,), dtype="f8", external=[(str(tmp_path / "raw"), 0, 24)])
    with pytest.raises(WeightsError, match="lies in other files"), open_hdf5(tmp_path / "a.h5") as file:
        numbers(child(file, "it"))


def test_a_virtual_data_set_is_not_read(tmp_path: Path) -> None:
    layout = h5py.VirtualLayout(shape=(3,), dtype="f8")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "it", shape=(3,))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_virtual_dataset("it", layout)
    with pytest.raises(WeightsError, match="lies in other files"), open_hdf5(tmp_path / "a.h5") as file:
        numbers(child(file, "it"))


def test_a_filter_that_libhdf5_would_load_is_refused(tmp_path: Path) -> None:
    """32000 is LZF's, which h5py registers; others are looked for as plugins."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("it", data=np.zeros(100), compression="lzf")
    with (
        pytest.raises(WeightsError, match="needs a filter that is not HDF5's own"),
        open_hdf5(tmp_path / "a.h5") as file,
    ):
        numbers(child(file, "it"))


def test_texts_are_no_numbers(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["it"] = "text"
    with pytest.raises(WeightsError, match="it is no array of numbers"), open_hdf5(tmp_path / "a.h5") as file:
        numbers(child(file, "it"))
