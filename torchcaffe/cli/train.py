"""`caffe train`: trains a net or continues a training; trains several nets in lockstep."""

from pathlib import Path

import torch

from torchcaffe.cli.devices import gpu_from_flag, use_device
from torchcaffe.cli.flags import Flags, TrainingFlags, UsageError
from torchcaffe.cli.partial_weights import warn_of_unused_weights
from torchcaffe.cli.several import check_iterations, check_several
from torchcaffe.cli.training_log import training_logs
from torchcaffe.errors import WeightsError
from torchcaffe.fast.allocator import keep_memory
from torchcaffe.glog import logger
from torchcaffe.graph import take_all_queues
from torchcaffe.lockstep import Lockstep, Training
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import read_solver
from torchcaffe.rng import global_rng_of_its_own
from torchcaffe.run_setting import PLAIN, threads_to_keep
from torchcaffe.signals import Action, SignalHandler
from torchcaffe.solvers import Solver, create_solver, snapshot
from torchcaffe.weights.frozen import check_frozen_layers


def train(flags: Flags) -> int:
    """Runs the solver of -solver, from scratch, from -weights or from -snapshot; several -solver in lockstep.

    Unlike Caffe, it refuses a net whose frozen layers got no weights, and warns of a caffemodel that shares no layer
    with the net. Source: Caffe 1.0, `tools/caffe.cpp`.
    """
    if not flags.solver:
        raise UsageError("train needs a solver: -solver FILE")
    on_sigint, on_sighup = _effect("sigint", flags.sigint_effect), _effect("sighup", flags.sighup_effect)
    trainings = flags.trainings
    if len(trainings) > 1:
        take_all_queues()
    params = [_solver_param(flags, training) for training in trainings]
    for training in trainings:
        if training.snapshot:
            _compute_as_before(flags, training.snapshot)
    check_several(flags, params)
    with training_logs(trainings) as turns:
        use_device(flags, _gpu(flags, params[0]), training=True)
        for param in params:
            if param.snapshot_after_train:
                snapshot.check_writable(param)
        with SignalHandler(on_sigint, on_sighup) as signals:
            solvers = []
            for training, param, turn in zip(trainings, params, turns, strict=True):
                with turn(), global_rng_of_its_own():
                    solvers.append(_begin(flags, training, param))
            if len(solvers) == 1:
                solvers[0].action_source = signals.requested
                with turns[0]():
                    solvers[0].solve()
            else:
                check_iterations(trainings, solvers)
                names = [training.solver for training in trainings]
                members = [Training(*member) for member in zip(names, solvers, turns, strict=True)]
                Lockstep(members, signals.requested).run()
        logger.info("Optimization Done.")
    return 0


def _solver_param(flags: Flags, training: TrainingFlags) -> caffe_pb2.SolverParameter:
    """A training's solver settings: its prototxt, changed by the flags."""
    if training.snapshot and training.weights:
        raise UsageError("give -snapshot to go on with a run, or -weights to start a new one from, but not both")
    for file in filter(None, map(str.strip, [training.snapshot, *training.weights.split(",")])):
        if not Path(file).is_file():
            raise WeightsError(f"{file}: there is no such file")
    param = read_solver(training.solver)
    param.train_state.level = flags.level
    param.train_state.stage.extend(flags.stages)
    if training.snapshot:
        del param.weights[:]
    elif training.weights:
        param.weights[:] = [training.weights]
    return param


def _begin(flags: Flags, training: TrainingFlags, param: caffe_pb2.SolverParameter) -> Solver:
    """A training's solver, with the weights or the snapshot that it starts from."""
    solver = create_solver(param)
    if not flags.plain:
        keep_memory()
        solver.compile()
    if training.snapshot:
        logger.info("Resuming from %s", training.snapshot)
        solver.restore(training.snapshot)
    else:
        warn_of_unused_weights(solver.net, solver.copied)
        check_frozen_layers(solver.net, solver.loaded_layers, ", ".join(param.weights))
    logger.info("Starting Optimization")
    return solver


def _compute_as_before(flags: Flags, state: str) -> None:
    """Sets `flags` to the path and threads of the run that wrote the solverstate `state`, unless -threads is given."""
    before = snapshot.setting_in(state)
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
    """The GPU that -gpu names; else the solver's, if this machine has a GPU; else None."""
    if flags.gpu or not param.HasField("solver_mode") or param.solver_mode != caffe_pb2.SolverParameter.GPU:
        return gpu_from_flag(flags.gpu)
    if not torch.cuda.is_available():
        logger.warning(
            "The solver says solver_mode: GPU, but PyTorch %s sees no GPU here: the CPU is used", torch.__version__
        )
        return None
    return param.device_id
