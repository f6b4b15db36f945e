"""A finished training, and how its initial weights were made, as their records tell it."""

from collections.abc import Mapping
from dataclasses import dataclass

from layerhint.records.finished import Finished, Result
from layerhint.records.frozen_proof import FrozenProof
from layerhint.records.training import TakeTeacherResult, TrainingResult

NO_FILES = ("engine", "data")
"""Inputs that are no files."""


@dataclass(frozen=True)
class Point:
    """Outputs of a net at an iteration, by blob name."""

    iteration: int
    outputs: Mapping[str, float]
    loss: float | None = None
    lr: float | None = None


@dataclass(frozen=True)
class Trained:
    """A finished training, as its record tells it. `made_by` is "driver" or "hand".

    `seconds` are those of the last `iterations_run` iterations: a resumed training's earlier part is not timed.
    One that `is_taken` is a teacher whose caffemodel was given, in the place of the training: of that nothing is known.
    `final` holds the final model's test outputs, None for a net without a test. `frozen` is the proof that the
    teacher in it did not move, or None. `inputs` and `outputs` are fingerprints by path, and by name for what is no
    file.
    """

    id: str
    title: str
    method: str
    stage: int
    max_iter: int
    seed: int
    init_seed: int | None
    batch_size: int
    profile: str
    scale: float
    engine: Mapping[str, str]
    device: str | None
    precision: str
    threads: int | None
    made_by: str
    finished: str
    seconds: float
    iterations_run: int
    train: tuple[Point, ...]
    test: tuple[Point, ...]
    final: Mapping[str, float] | None
    frozen: FrozenProof | None
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    is_taken: bool = False

    @property
    def taken_from(self) -> str:
        """The caffemodel that was given; "" for what was trained."""
        files = (name for name in self.inputs if name not in NO_FILES and not name.endswith(".prototxt"))
        return next(files, "") if self.is_taken else ""

    @property
    def holds_frozen(self) -> bool:
        """Whether a teacher, or an earlier step's weights, must not move in it."""
        return self.frozen is None or self.frozen.teacher is not None

    @property
    def unmoved(self) -> bool:
        """Whether the record proves that the teacher is bit for bit what it was."""
        return self.frozen is not None and self.frozen.identical


@dataclass(frozen=True)
class Copied:
    """A surgery: fingerprints of what the initial caffemodel was put together from, and of what came out."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


def trained_of(record: Finished[Result], result: TrainingResult) -> Trained:
    """A training from its record and the record's result."""
    training, curves = result.training, result.curves
    return Trained(
        id=record.id,
        title=training.title,
        method=training.method,
        stage=training.stage,
        max_iter=training.max_iter,
        seed=training.seed,
        init_seed=training.init_seed,
        batch_size=training.batch_size,
        profile=result.profile,
        scale=result.scale,
        engine=result.engine,
        device=result.device,
        precision=result.precision,
        threads=result.threads,
        made_by=result.made_by,
        finished=result.finished,
        seconds=record.seconds,
        iterations_run=result.iterations_run,
        train=tuple(Point(p.iteration, p.outputs, p.loss, p.lr) for p in curves.train),
        test=tuple(Point(p.iteration, p.outputs) for p in curves.test),
        final=result.final,
        frozen=result.frozen,
        inputs=record.inputs,
        outputs=record.outputs,
        is_taken=isinstance(result, TakeTeacherResult),
    )
