"""Solverstates as HDF5 files (`.solverstate.h5`).

As in Caffe: data sets `iter`, `current_step` and `learned_net`, and a group `history` with data sets `0`, `1`,
... Beside them is `torchcaffe_state`, a data set of bytes that Caffe ignores.
"""

import io
from pathlib import Path

import h5py
import numpy as np

from torchcaffe.errors import WeightsError
from torchcaffe.files import write_bytes_atomically
from torchcaffe.hdf5 import child, numbers, open_hdf5
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import array_to_blob, blob_to_array

_LONGEST_NAME = 1 << 16


def write_state(path: str | Path, state: caffe_pb2.SolverState) -> None:
    """Writes a solverstate. Source: Caffe 1.0, `SGDSolver::SnapshotSolverStateToHDF5`."""
    name = state.learned_net.encode()
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["iter"] = np.array([state.iter], np.int32)
        file["current_step"] = np.array([state.current_step], np.int32)
        # Caffe reads up to a zero byte.
        file["learned_net"] = np.array(name, f"S{len(name) + 1}")
        file["torchcaffe_state"] = np.frombuffer(state.torchcaffe_state, np.uint8)
        history = file.create_group("history")
        for i, blob in enumerate(state.history):
            history[str(i)] = blob_to_array(blob)
    write_bytes_atomically(path, buffer.getvalue())


def read_state(path: str | Path) -> caffe_pb2.SolverState:
    """Reads a solverstate; `WeightsError` if it is absent, damaged or of another kind."""
    state = caffe_pb2.SolverState()
    with open_hdf5(path) as file:
        missing = {"iter", "current_step", "history"} - file.keys()
        if missing:
            raise WeightsError(f"{path}: this HDF5 file is no solverstate: it has no {', '.join(sorted(missing))}")
        state.iter = _one(file, "iter")
        state.current_step = _one(file, "current_step")
        if "learned_net" in file:
            state.learned_net = _name(child(file, "learned_net"))
        if "torchcaffe_state" in file:
            state.torchcaffe_state = numbers(child(file, "torchcaffe_state")).tobytes()
        history = child(file, "history")
        state.history.extend(_blob(child(history, str(i))) for i in range(len(history)))
    return state


def _one(file: h5py.File, name: str) -> int:
    dataset = child(file, name)
    if dataset.size != 1:
        raise WeightsError(f"{file.filename}: {dataset.name} has {dataset.size} numbers, and one is expected")
    return int(numbers(dataset).item())


def _name(dataset: h5py.Dataset) -> str:
    if dataset.size != 1 or dataset.dtype.itemsize > _LONGEST_NAME:
        raise WeightsError(f"{dataset.file.filename}: {dataset.name} is no name of a file")
    value: bytes = dataset[()]
    return value.split(b"\0")[0].decode()


def _blob(dataset: h5py.Dataset) -> caffe_pb2.BlobProto:
    return array_to_blob(numbers(dataset, real=np.float64 if dataset.dtype == np.float64 else np.float32))
