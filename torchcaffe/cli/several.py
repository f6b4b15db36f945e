"""Checks that several trainings can run in lockstep."""

from collections.abc import Sequence

from torchcaffe.cli.flags import Flags, TrainingFlags, UsageError
from torchcaffe.errors import WeightsError
from torchcaffe.proto import caffe_pb2
from torchcaffe.solvers import Solver


def check_several(flags: Flags, params: Sequence[caffe_pb2.SolverParameter]) -> None:
    """Refuses (`UsageError`) trainings whose flags and solvers do not let them share a process."""
    trainings = flags.trainings
    if len(trainings) == 1:
        return
    if flags.plain:
        raise UsageError(
            "-plain, or a -snapshot of a run with it, computes layer by layer, where nothing is done once for several "
            "trainings: give one -solver"
        )
    if len({bool(training.snapshot) for training in trainings}) > 1:
        new = next(training.solver for training in trainings if not training.snapshot)
        raise UsageError(f"some trainings go on from a -snapshot and '{new}' starts anew: all must do the same")
    if len({(param.solver_mode, param.device_id) for param in params}) > 1 and not flags.gpu:
        raise UsageError("the solvers differ in solver_mode or device_id, and all run on one device: name it with -gpu")
    _check_apart("snapshot_prefix", [param.snapshot_prefix for param in params])
    _check_apart("-log_file", [training.log_file for training in trainings if training.log_file])


def check_iterations(trainings: Sequence[TrainingFlags], solvers: Sequence[Solver]) -> None:
    """Refuses (`WeightsError`) solvers that are not at the same iteration."""
    if len({solver.iter for solver in solvers}) > 1:
        where = ", ".join(f"{t.snapshot} is of {s.iter}" for t, s in zip(trainings, solvers, strict=True))
        raise WeightsError(
            f"trainings in lockstep go on from one iteration: {where}. Give solverstates of the same iteration, or "
            "train one at a time"
        )


def _check_apart(what: str, values: Sequence[str]) -> None:
    twice = next((value for value in values if values.count(value) > 1), None)
    if twice is not None:
        raise UsageError(f"two trainings have the {what} '{twice}', and would write over each other: name them apart")
