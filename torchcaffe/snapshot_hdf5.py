"""Solverstates as HDF5 files (`.solverstate.h5`).

As in Caffe: data sets `iter`, `current_step` and `learned_net`, and a group `history` with data sets `0`, `1`,
... The bytes of `torchcaffe_state`, a data set that Caffe does not look at, stand beside them.
"""

import io
from pathlib import Path

import h5py
import numpy as np

from torchcaffe.errors import WeightsError
from torchcaffe.files import write_bytes_atomically
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import array_to_blob, blob_to_array
from torchcaffe.weights_hdf5 import open_hdf5


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
        state.iter = int(file["iter"][0])
        state.current_step = int(file["current_step"][0])
        if "learned_net" in file:
            state.learned_net = file["learned_net"][()].split(b"\0")[0].decode()
        if "torchcaffe_state" in file:
            state.torchcaffe_state = file["torchcaffe_state"][()].tobytes()
        history = file["history"]
        state.history.extend(array_to_blob(history[str(i)][()]) for i in range(len(history)))
    return state
