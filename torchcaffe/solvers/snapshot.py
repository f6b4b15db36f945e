"""Snapshots: writes a run's caffemodel and solverstate, and resumes a run from them.

The solverstate has Caffe's format. In a field that Caffe skips it also holds the positions of the data and the random
numbers, so that a resumed run equals, bit for bit on a CPU, one that was never interrupted.
"""

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import torch

from torchcaffe.blob import shape_string
from torchcaffe.boost import RngState
from torchcaffe.errors import CaffeError, WeightsError
from torchcaffe.files import write_bytes_atomically
from torchcaffe.glog import logger, sync_log
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import array_to_blob, blob_shape, blob_to_array, read_binary, write_binary
from torchcaffe.run_setting import RunSetting, difference, setting_of
from torchcaffe.weights.caffemodel import copy_trained_layers_from, is_hdf5, save_caffemodel
from torchcaffe.weights.matching import layers_by_name

if TYPE_CHECKING:
    from torchcaffe.solvers.smoothed_loss import SmoothedLossState
    from torchcaffe.solvers.solver import Solver

LayerStates = dict[str, dict[str, Any]]

_HDF5 = caffe_pb2.SolverParameter.HDF5
_PROBE = bytes(4096)  # Enough to notice a full disk.


class Position(TypedDict):
    """A run's position in its data and random numbers: the layers' states, by net and name, and the generator's."""

    rng: RngState
    train: LayerStates
    test: list[LayerStates]


class RunState(TypedDict):
    """The content of the field `torchcaffe_state`, as JSON."""

    solver: str
    setting: RunSetting
    position: Position
    loss: "SmoothedLossState"


def snapshot_file(param: caffe_pb2.SolverParameter, iteration: int, ending: str) -> Path:
    """`<snapshot_prefix>_iter_<iteration><ending>`."""
    return Path(f"{param.snapshot_prefix}_iter_{iteration}{ending}")


def check_writable(param: caffe_pb2.SolverParameter) -> None:
    """Writes a small file in the place of snapshots, and removes it. `CaffeError` if it cannot be written."""
    probe = snapshot_file(param, 0, ".tempfile")
    try:
        write_bytes_atomically(probe, _PROBE)
    except CaffeError as error:
        prefix = param.snapshot_prefix
        raise CaffeError(f"snapshots cannot be written to snapshot_prefix '{prefix}': {error}") from error
    with contextlib.suppress(OSError):
        probe.unlink()


def position(solver: "Solver") -> Position:
    """The present position of the solver's nets and of the generator that they draw from."""
    return {
        "rng": solver.net.place.rng.state,
        "train": _layer_states(solver.net),
        "test": [_layer_states(net) for net in solver.test_nets],
    }


def write(solver: "Solver") -> Path:
    """Writes the caffemodel, then the solverstate that names it, each atomically; returns the solverstate's path.

    The log so far is flushed to the disk before the solverstate, from which a resumed run continues the log.
    """
    hdf5 = solver.param.snapshot_format == _HDF5
    ending = ".h5" if hdf5 else ""
    model = snapshot_file(solver.param, solver.iter, f".caffemodel{ending}")
    path = snapshot_file(solver.param, solver.iter, f".solverstate{ending}")
    kind = "HDF5" if hdf5 else "binary proto"
    logger.info("Snapshotting to %s file %s", kind, model)
    if hdf5:
        # h5py takes time to import.
        from torchcaffe.solvers import snapshot_hdf5
        from torchcaffe.weights import caffemodel_hdf5

        caffemodel_hdf5.save_hdf5(solver.net, model, solver.param.snapshot_diff)
    else:
        save_caffemodel(solver.net, model, solver.param.snapshot_diff)
    logger.info("Snapshotting solver state to %s file %s", kind, path)
    state = _solver_state(solver, model)
    sync_log()
    if hdf5:
        snapshot_hdf5.write_state(path, state)
    else:
        write_binary(path, state)
    return path


def restore(solver: "Solver", path: str | Path) -> bool:
    """Restores a solverstate and the caffemodel that it names, so that the solver continues from there.

    A state that Caffe wrote is restored as in Caffe: data, random numbers and the smoothed loss start anew.

    Returns:
        Whether the smoothed loss continues too; it starts anew if `average_loss` has changed.

    Raises:
        WeightsError: it is of another net or type of solver, or its caffemodel is absent.
        ProtoError: a file is absent, damaged or of another kind.
    """
    state = _read_state(path)
    run = _run_state(state, path)
    _check_type(solver, run, path)
    _check_history(solver, state, path)
    model = _learned_net(state, path)
    if model is not None:
        copy_trained_layers_from(solver.net, model, whole=True)
    solver.iter = state.iter
    solver.current_step = state.current_step
    logger.info("%sSolver: restoring history", solver.type)
    for i, (tensor, blob) in enumerate(zip(solver.history, state.history, strict=True)):
        tensor.copy_(torch.from_numpy(blob_to_array(blob, f"{path}: history {i}")).view(tensor.shape))
    if run is None:
        return False
    return _take_up(solver, run, path)


def setting_in(path: str | Path) -> RunSetting | None:
    """The setting of the run that wrote a solverstate; None if Caffe wrote it. Raises as `restore` does."""
    run = _run_state(_read_state(path), path)
    return run["setting"] if run is not None else None


def _layer_states(net: Net) -> LayerStates:
    states = {layer.name: layer.get_state() for layer in net.layers}
    return {name: state for name, state in states.items() if state is not None}


def _solver_state(solver: "Solver", model: Path) -> caffe_pb2.SolverState:
    run: RunState = {
        "solver": solver.type,
        "setting": setting_of(solver.net),
        "position": solver.before_test or position(solver),
        "loss": solver.loss.state,
    }
    return caffe_pb2.SolverState(
        iter=solver.iter,
        learned_net=str(model),
        current_step=solver.current_step,
        history=[array_to_blob(tensor.cpu().numpy()) for tensor in solver.history],
        torchcaffe_state=json.dumps(run).encode(),
    )


def _read_state(path: str | Path) -> caffe_pb2.SolverState:
    if is_hdf5(path):
        from torchcaffe.solvers import snapshot_hdf5  # h5py takes time to import.

        return snapshot_hdf5.read_state(path)
    return read_binary(path, caffe_pb2.SolverState)


def _run_state(state: caffe_pb2.SolverState, path: str | Path) -> RunState | None:
    if not state.HasField("torchcaffe_state"):
        return None
    try:
        run: RunState = json.loads(state.torchcaffe_state)
        missing = RunState.__required_keys__ - run.keys()
    except (ValueError, AttributeError, RecursionError) as error:
        raise WeightsError(f"{path}: its torchcaffe_state is damaged: {error}") from error
    if missing:
        raise WeightsError(f"{path}: its torchcaffe_state lacks {', '.join(sorted(missing))}")
    return run


def _check_type(solver: "Solver", run: RunState | None, path: str | Path) -> None:
    if run is not None and run["solver"] != solver.type:
        kind = f"{run['solver']!s:.40}"  # It may be anything, of any length.
        raise WeightsError(
            f"{path} was written by a solver of type {kind}, but this solver is of type {solver.type}: "
            f'set type: "{kind}", or start from its caffemodel with -weights'
        )


def _check_history(solver: "Solver", state: caffe_pb2.SolverState, path: str | Path) -> None:
    learnable = solver.net.params.learnable
    if len(state.history) != len(solver.history):
        raise WeightsError(
            f"{path} holds {len(state.history)} history arrays, but a {solver.type} solver of net "
            f"'{solver.net.name}' keeps {len(solver.history)} for its {len(learnable)} params: the state is of "
            "another net or another type of solver"
        )
    for i, (tensor, blob) in enumerate(zip(solver.history, state.history, strict=True)):
        mine, theirs = tuple(tensor.shape), blob_shape(blob)
        if mine != theirs and (blob.HasField("shape") or len(blob.data) != tensor.numel()):
            param = learnable[i % len(learnable)]
            raise WeightsError(
                f"{path}: history array {i} has the shape {shape_string(theirs)}, but param {param.index} of layer "
                f"'{param.layer}' has the shape {shape_string(mine)}: the state is of another net"
            )


def _learned_net(state: caffe_pb2.SolverState, path: str | Path) -> Path | None:
    """The caffemodel that the state names, or a file of that name beside the state; None if it names none."""
    if not state.learned_net:
        return None
    named = Path(state.learned_net)
    beside = Path(path).parent / named.name
    with contextlib.suppress(OSError):  # A name that is too long for a file.
        for file in (named, beside):
            if file.is_file():
                return file
    raise WeightsError(
        f"{path} goes on from the caffemodel '{named!s:.500}', which is neither there nor beside it: "
        "put it in one of the two places"
    )


def _take_up(solver: "Solver", run: RunState, path: str | Path) -> bool:
    """Restores data, random numbers and the smoothed loss; returns whether the loss's window is as large as before."""
    try:
        changed = difference(run["setting"], setting_of(solver.net))
        if changed:
            logger.info("Resumed with %s: the last bits may differ from an uninterrupted run", changed)
        solver.net.place.rng.state = run["position"]["rng"]
        _set_layer_states(solver.net, run["position"]["train"])
        for net, states in zip(solver.test_nets, run["position"]["test"], strict=False):
            _set_layer_states(net, states)
        loss = run["loss"]
        if not (isinstance(loss["window"], int) and isinstance(loss["start"], int) and len(loss["losses"]) < 10**6):
            raise ValueError(f"a smoothed loss over {loss['window']!r} losses from iteration {loss['start']!r} on")
        solver.loss.state = loss
        return loss["window"] == solver.param.average_loss
    except CaffeError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RuntimeError) as error:
        raise WeightsError(f"{path}: its torchcaffe_state is damaged: {error!r}") from error


def _set_layer_states(net: Net, states: LayerStates) -> None:
    layers = layers_by_name(net)
    for name, state in states.items():
        if name in layers:
            layers[name].set_state(state)
        else:
            logger.info("Ignoring the state of layer %s, which this net lacks", name)
