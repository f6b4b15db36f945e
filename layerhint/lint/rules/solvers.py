"""Solvers: every field is the protocol's or the training's, and the last model is tested."""

from collections.abc import Iterator

from layerhint.experiments.protocol import Protocol
from layerhint.lint.cases import TrainingCase
from layerhint.lint.fields import differences, without
from layerhint.lint.finding import Finding
from layerhint.trainings.trainings import Training
from torchcaffe.proto.caffe_pb2 import SolverParameter


def check_solver(case: TrainingCase) -> Iterator[Finding]:
    """Rates, lengths, files, seed: as they should be; what the protocol does not say has Caffe's default."""
    for field in differences(without(case.solver, "solver_mode"), _wanted(case)):  # The mode is the engine's.
        yield Finding(
            case.solver_file,
            None,
            f"{field.path} is {field.found}, expected {field.wanted}",
            field.remedy,
        )
    yield from _last_model_is_tested(case)


def _wanted(case: TrainingCase) -> SolverParameter:
    t, layout, protocol = case.training, case.layout, case.experiment.protocol
    wanted = SolverParameter(
        train_net=layout.train_net(t),
        type="SGD",
        momentum=protocol.sgd.momentum,
        weight_decay=protocol.sgd.weight_decay,
        display=t.schedule.display,
        snapshot=t.schedule.snapshot,
        snapshot_prefix=layout.snapshot_prefix(t),
        random_seed=t.seed,
    )
    wanted.MergeFrom(_schedule(case))
    test_net = layout.test_net(t)
    if test_net is not None:
        tests = SolverParameter(
            test_net=[test_net],
            test_iter=[protocol.images.test // protocol.batch_size.test],
            test_interval=t.schedule.test_interval,
            test_initialization=False,
        )
        wanted.MergeFrom(tests)
    return wanted


def _schedule(case: TrainingCase) -> SolverParameter:
    """Rates and length: of plain training and Stage 2, or of the step of Stage 1."""
    protocol = case.experiment.protocol
    if case.training.stage != 1:
        plain = protocol.plain
        return SolverParameter(
            lr_policy="multistep",
            base_lr=plain.base_lr,
            gamma=plain.gamma,
            stepvalue=plain.stepvalue,
            max_iter=plain.max_iter,
        )
    rate = protocol.hint.base_lr if case.training.train.pairs else float(case.experiment.switches.sl_resnet_rate)
    return SolverParameter(lr_policy="fixed", base_lr=rate, max_iter=_length_of_stage1(case.training, protocol))


def _length_of_stage1(training: Training, protocol: Protocol) -> int | None:
    """By kind of step: one pair alone, one of several pairs, all pairs at once; without hints, a step of SL-ResNet."""
    pairs = len(training.train.pairs)
    if not pairs:
        return protocol.sl_resnet.iterations if protocol.sl_resnet else None
    if pairs > 1:
        return protocol.hint.concurrent
    return protocol.hint.layer_wise[training.step - 1] if training.steps > 1 else protocol.hint.single


def _last_model_is_tested(case: TrainingCase) -> Iterator[Finding]:
    """Caffe tests the final model only where test_interval divides max_iter, and each test image once."""
    solver = case.solver
    if not solver.test_net:
        return
    if not solver.test_interval or solver.max_iter % solver.test_interval:
        yield Finding(
            case.solver_file,
            None,
            f"test_interval {solver.test_interval} does not divide max_iter {solver.max_iter}: the last model would "
            "not be tested",
            "Take an interval that divides max_iter",
        )
