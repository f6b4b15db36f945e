"""Whole records for tests: what a test does not say is made up."""

from collections.abc import Mapping
from typing import Any

from layerhint.records.curves import Curves, TrainPoint
from layerhint.records.finished import Finished, R, Result
from layerhint.records.provenance import Machine, Provenance, Source
from layerhint.records.training import NOTHING_FROZEN, TrainingIdentity, TrainingResult, TrainResult

ENGINE = {"name": "torch", "version": "0.1.0", "torch": "2.13.0"}
SOURCE = Source(version="0.1.0", commit="abc", changed=None)


def finished(
    step: str,
    result: R,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    seconds: float = 1.0,
    source: Source = SOURCE,
) -> Finished[R]:
    """The record of a step that left a result."""
    machine = Machine(system="Linux", cpu="an invented CPU", cores=2)
    made_by = Provenance(source=source, python="3.11.0", packages={"numpy": "2.4.6"}, machine=machine)
    return Finished(step, result, seconds, {}, made_by, inputs or {}, outputs or {})


def train_point(
    iteration: int, loss: float, outputs: Mapping[str, float] | None = None, lr: float | None = None
) -> TrainPoint:
    """What a solver displayed."""
    return TrainPoint(iteration=iteration, loss=loss, outputs=dict(outputs or {}), lr=lr)


def identity(training: str, **said: Any) -> TrainingIdentity:
    """Of the training of an id."""
    folder, _, name = training.rpartition("/")
    given = {"dataset": folder.partition("/")[0], "folder": folder, "name": name, "title": f"Training {name}"}
    numbers = {"stage": 0, "net": None, "max_iter": 36000, "seed": 3, "init_seed": None, "batch_size": 64}
    return TrainingIdentity(**{"method": "plain", **numbers, **given, **said})


def training_result(identified: TrainingIdentity, kind: type[TrainingResult] = TrainResult, **said: Any) -> Result:
    """Of a training by the paper's protocol."""
    setting = {"profile": "paper", "scale": 1.0, "overrides": {}, "data": "full"}
    computed = {"engine": ENGINE, "device": "cpu", "precision": "float32", "threads": 2, "made_by": "driver"}
    went = {"finished": "2026-01-02", "iterations_run": identified.max_iter, "iterations_per_second": None}
    shown = {"curves": Curves(train=(), test=()), "final": {"accuracy": 0.9925, "loss": 0.1}, "frozen": NOTHING_FROZEN}
    values = {**setting, **computed, **went, "resumed_from": None, **shown, **said}
    return kind(training=identified, **values)
