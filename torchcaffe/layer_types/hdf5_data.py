"""HDF5Data: batches of rows from HDF5 files."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import torch

from torchcaffe.boost import Rng
from torchcaffe.data.shuffle import shuffle
from torchcaffe.errors import DataError
from torchcaffe.glog import logger
from torchcaffe.hdf5 import child, numbers, open_hdf5
from torchcaffe.layer_types.layer import Blobs, Layer

Array = npt.NDArray[np.floating[Any]]


class HDF5DataLayer(Layer):
    """The next `batch_size` rows of the HDF5 files that the text file `source` lists, over and over.

    Each top holds the data set of its name, of any shape (rows, ...) and of numbers; nothing is transformed. One
    file at a time is in memory. With `shuffle` the files, and the rows within each, come in another order in every
    round. That order is not Caffe's, which depends on the C++ library. As in Caffe it is the same in every run,
    whatever the `random_seed`.

    Raises:
        DataError: a file that cannot be read, or that lacks a data set.

    Source: Caffe 1.0, `src/caffe/layers/hdf5_data_layer.cpp`.
    """

    exact_bottoms = 0
    min_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.hdf5_data_param
        if self.param.HasField("transform_param"):
            self.fail("it does not transform data: remove transform_param")
        if not param.batch_size:
            self.fail("its hdf5_data_param needs a batch_size of at least 1")
        self._rng = Rng(0)
        self._paths = self._listed()
        self._round = self._new_order(len(self._paths))
        self._open(0)
        for top, values in zip(tops, self._values, strict=True):
            top.reshape(param.batch_size, *values.shape[1:])

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        """Does nothing: the files gave the tops their shapes."""

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        parts: list[list[Array]] = [[] for _ in tops]
        missing = self.param.hdf5_data_param.batch_size
        while missing:
            rows = self._rows[self._row : self._row + missing]
            for top, part, values in zip(tops, parts, self._values, strict=True):
                if values.shape[1:] != top.shape[1:]:
                    was, now = top.shape[1:], values.shape[1:]
                    raise self._error(self._path, f"its rows have shape {now}, those before {was}")
                part.append(values[rows])
            missing -= len(rows)
            self._advance(len(rows))
        for top, part in zip(tops, parts, strict=True):
            top.data = torch.from_numpy(np.concatenate(part)).to(self.place.device)

    def get_state(self) -> dict[str, Any]:
        rows = self._rows if self.param.hdf5_data_param.shuffle else None
        return {"round": self._round, "file": self._file, "rows": rows, "row": self._row, "rng": self._rng.state}

    def set_state(self, state: dict[str, Any]) -> None:
        self._round = state["round"]
        self._open(state["file"])
        self._start_rows(state["rows"], state["row"])
        self._rng.state = state["rng"]

    def _listed(self) -> list[str]:
        source = self.param.hdf5_data_param.source
        try:
            paths = Path(source).read_text().split()
        except (OSError, UnicodeDecodeError) as error:
            raise self._error(source, f"this list of files cannot be read: {error}") from error
        if not paths:
            raise self._error(source, "this list of files is empty")
        logger.info("Number of HDF5 files: %d", len(paths))
        return paths

    def _new_order(self, count: int) -> list[int]:
        order = list(range(count))
        if self.param.hdf5_data_param.shuffle:
            shuffle(order, self._rng)
        return order

    def _open(self, file: int) -> None:
        """Loads a file, counted in this round's order, and begins with its first row."""
        self._file = file
        with open_hdf5(self._path, self._refusal) as opened:
            self._values = [self._read(opened, name) for name in self.param.top]
        counts = {name: len(values) for name, values in zip(self.param.top, self._values, strict=True)}
        if len(set(counts.values())) != 1 or 0 in counts.values():
            raise self._error(self._path, f"its data sets must have as many rows, and some: {counts}")
        self._start_rows()

    def _start_rows(self, rows: list[int] | None = None, row: int = 0) -> None:
        self._rows = rows or self._new_order(len(self._values[0]))
        self._row = row

    def _advance(self, count: int) -> None:
        self._row += count
        if self._row < len(self._rows):
            return
        if len(self._paths) == 1:
            self._start_rows()
            return
        following = (self._file + 1) % len(self._paths)
        if following == 0:
            self._round = self._new_order(len(self._paths))
        self._open(following)

    def _read(self, file: h5py.File, name: str) -> Array:
        data = child(file, name, self._refusal) if name in file else None
        if not isinstance(data, h5py.Dataset):
            raise self._refusal(f"it has no data set '{name}', but {', '.join(map(str, file)) or 'nothing'}")
        if data.dtype.kind not in "fiu" or not data.shape:
            raise self._refusal(
                f"its data set '{name}' holds {data.dtype} of shape {data.shape}: expected rows of numbers"
            )
        return numbers(data, self._refusal, np.float64 if self.place.dtype == torch.float64 else np.float32)

    def _refusal(self, what: str) -> DataError:
        return self._error(self._path, what)

    @property
    def _path(self) -> str:
        return self._paths[self._round[self._file]]

    def _error(self, path: str, what: str) -> DataError:
        return DataError(f"layer '{self.name}' (HDF5Data): {path}: {what}")
