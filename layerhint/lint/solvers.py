"""Solvers: every field that is said is the protocol's or the training's, and the last model is tested."""

from collections.abc import Iterator, Mapping
from typing import Any

from layerhint.experiments.protocol import Protocol
from layerhint.lint.cases import TrainingCase
from layerhint.lint.finding import Finding
from layerhint.rendering.numbers import as_float32, number
from layerhint.trainings.trainings import Training

_ANY = {"solver_mode"}  # As the engine has it.


def check_solver(case: TrainingCase) -> Iterator[Finding]:
    """Rates, lengths, files, seed: as they should be; and nothing is said that the protocol does not say."""
    wanted = _wanted(case)
    for field, value in case.solver.ListFields():
        if field.name not in wanted and field.name not in _ANY:
            yield Finding(
                case.solver_file,
                None,
                f"{field.name} is {_said(value)}, of which the protocol says nothing",
                f"Leave {field.name} out",
            )
    for name, meant in wanted.items():
        found = getattr(case.solver, name)
        if _kept(found) != _kept(meant):
            yield Finding(
                case.solver_file,
                None,
                f"{name} is {_said(found)}, expected {_said(meant)}",
                f"Write `{name}: {_said(meant)}`",
            )
    yield from _last_model_is_tested(case)


def _wanted(case: TrainingCase) -> dict[str, Any]:
    t, layout, sgd = case.training, case.layout, case.experiment.protocol.sgd
    fields: dict[str, Any] = {
        "train_net": layout.train_net(t),
        "test_net": [layout.test_net(t)] if t.test else [],
        **_schedule(case),
        "type": "SGD",
        "momentum": sgd.momentum,
        "weight_decay": sgd.weight_decay,
        "display": t.schedule.display,
        "snapshot": t.schedule.snapshot,
        "snapshot_prefix": layout.snapshot_prefix(t),
        "random_seed": t.seed,
    }
    if t.test:
        fields |= {
            "test_iter": [case.experiment.protocol.images.test // case.experiment.protocol.batch_size.test],
            "test_interval": t.schedule.test_interval,
            "test_initialization": False,
        }
    return fields


def _schedule(case: TrainingCase) -> Mapping[str, Any]:
    """Rates and length, by the solver's names: of plain training and Stage 2, or of the step of Stage 1."""
    protocol = case.experiment.protocol
    if case.training.stage != 1:
        plain = protocol.plain
        return {
            "lr_policy": "multistep",
            "base_lr": plain.base_lr,
            "gamma": plain.gamma,
            "stepvalue": list(plain.stepvalue),
            "max_iter": plain.max_iter,
        }
    rate = protocol.hint.base_lr if case.training.train.pairs else float(case.experiment.switches.sl_resnet_rate)
    return {"lr_policy": "fixed", "base_lr": rate, "max_iter": _length_of_stage1(case.training, protocol)}


def _length_of_stage1(training: Training, protocol: Protocol) -> int | None:
    """One pair alone, the step's pair of three, three pairs at once; without hints, SL-ResNet's step."""
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


def _kept(value: Any) -> Any:
    """A value as a SolverParameter keeps it."""
    if isinstance(value, float):
        return as_float32(value)
    return value if isinstance(value, str | int) or value is None else list(value)


def _said(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float():
            return number(value)
        case str():
            return f'"{value}"'
        case int():
            return str(value)
        case None:
            return "nothing"
    return ", ".join(map(_said, value)) or "nothing"
