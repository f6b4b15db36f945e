"""`caffe train`: trains a net, or goes on training one."""

from pathlib import Path

import torch

from torchcaffe import snapshot
from torchcaffe.cli.devices import gpu_from_flag, use_device
from torchcaffe.cli.flags import Flags, UsageError
from torchcaffe.errors import WeightsError
from torchcaffe.fast.allocator import keep_memory
from torchcaffe.frozen import check_frozen_layers
from torchcaffe.log import logger
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import read_solver
from torchcaffe.run_setting import PLAIN, threads_to_keep
from torchcaffe.signals import Action, SignalHandler
from torchcaffe.solvers import create_solver


def train(flags: Flags) -> int:
    """Runs the solver of -solver, from scratch, from -weights or from -snapshot.

    A net whose frozen layers got no weights is refused. Source: Caffe 1.0, `tools/caffe.cpp`.
    """
    if not flags.solver:
        raise UsageError("train needs a solver: -solver FILE")
    if flags.snapshot and flags.weights:
        raise UsageError("give -snapshot to go on with a run, or -weights to start a new one from, but not both")
    on_sigint, on_sighup = _effect("sigint", flags.sigint_effect), _effect("sighup", flags.sighup_effect)
    for file in filter(None, map(str.strip, [flags.snapshot, *flags.weights.split(",")])):
        if not Path(file).is_file():
            raise WeightsError(f"{file}: there is no such file")
    param = read_solver(flags.solver)
    param.train_state.level = flags.level
    param.train_state.stage.extend(flags.stages)
    if flags.snapshot:
        _compute_as_before(flags)
    use_device(flags, _gpu(flags, param), training=True)
    if flags.snapshot:
        del param.weights[:]
    elif flags.weights:
        param.weights[:] = [flags.weights]
    if param.snapshot_after_train:
        snapshot.check_writable(param)
    with SignalHandler(on_sigint, on_sighup) as signals:
        solver = create_solver(param)
        solver.action_source = signals.requested
        if not flags.plain:
            keep_memory()
            solver.compile()
        if flags.snapshot:
            logger.info("Resuming from %s", flags.snapshot)
            solver.restore(flags.snapshot)
        else:
            check_frozen_layers(solver.net, solver.loaded_layers, ", ".join(param.weights))
        logger.info("Starting Optimization")
        solver.solve()
    logger.info("Optimization Done.")
    return 0


def _compute_as_before(flags: Flags) -> None:
    """Layer by layer, and with as many threads, as the run did that goes on; -threads has the last word."""
    before = snapshot.setting_in(flags.snapshot)
    if before is None:
        return
    flags.threads = flags.threads or threads_to_keep(before) or 0
    flags.plain = flags.plain or before["way"] == PLAIN


def _effect(signal: str, effect: str) -> Action:
    try:
        return Action(effect)
    except ValueError:
        raise UsageError(f"-{signal}_effect is '{effect}': it must be snapshot, stop or none") from None


def _gpu(flags: Flags, param: caffe_pb2.SolverParameter) -> int | None:
    """The GPU that -gpu names; else the solver's, which only a machine with a GPU can give."""
    if flags.gpu or not param.HasField("solver_mode") or param.solver_mode != caffe_pb2.SolverParameter.GPU:
        return gpu_from_flag(flags.gpu)
    if not torch.cuda.is_available():
        logger.warning(
            "The solver says solver_mode: GPU, but PyTorch %s sees no GPU here: the CPU is used", torch.__version__
        )
        return None
    return param.device_id
