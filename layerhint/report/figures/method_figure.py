"""Figure 1: the proposed method as boxes, step by step, with the lengths that the run's trainings had."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from layerhint.records.experiment_description import DescribedMethod, ExperimentDescription
from layerhint.report.reading.results import Results
from layerhint.wording import count

State = Literal["known", "random", "absent"]


@dataclass(frozen=True)
class Segment:
    """A part of the student: what its weights are called, and whether an earlier step found them, they are drawn at
    random, or the step's net does not reach it."""

    name: str
    state: State


@dataclass(frozen=True)
class MethodStep:
    """A box: what is trained, by which loss, from which weights, for how long ("" where no training has finished)."""

    title: str
    loss: str
    equation: int
    result: str
    segments: tuple[Segment, ...]
    length: str


@dataclass(frozen=True)
class MethodFigure:
    """Stage 1's steps, then Stage 2; the lengths are those of the experiment named."""

    stage1: tuple[MethodStep, ...]
    stage2: MethodStep
    experiment: str


def method_figure(results: Results) -> MethodFigure | None:
    """For the first experiment with the proposed method; None without one."""
    for experiment in results.bases:
        for row in experiment.methods:
            if row.method == "proposed" and row.stage1:
                return _figure(results, experiment, row)
    return None


def _figure(results: Results, experiment: ExperimentDescription, row: DescribedMethod) -> MethodFigure:
    pairs = len(row.stage1)
    steps = (_step(i, pairs, _length(results, training)) for i, training in enumerate(row.stage1, start=1))
    last = MethodStep(
        title="KD training",
        loss="CE(y, P_S) + λ CE(P_T, P_S)",
        equation=2,
        result="Ŵ_S",
        segments=(Segment(f"Ŵ_G{pairs}", "known"), Segment("W_Sr", "random")),
        length=_length(results, row.nets[0]) if row.nets else "",
    )
    return MethodFigure(tuple(steps), last, experiment.title)


def _step(number: int, pairs: int, length: str) -> MethodStep:
    return MethodStep(
        title=f"Step {number}: G{number} learns H{number}",
        loss=f"1/(2B) ‖F_H{number} − F_G{number}‖²",
        equation=min(number, 3) + 2,
        result=f"Ŵ_G{number}",
        segments=tuple(_segments(number, pairs)),
        length=length,
    )


def _segments(number: int, pairs: int) -> Iterator[Segment]:
    """[W_G(i-1); W_Si], eq. (6): what is known, what is random, and what is not there yet."""
    if number > 1:
        yield Segment(f"Ŵ_G{number - 1}", "known")
    yield Segment(f"W_S{number}", "random")
    if number < pairs:
        yield Segment(f"above G{number}", "absent")


def _length(results: Results, training: str) -> str:
    trained = results.trained.get(training)
    return f"{count(trained.result.training.max_iter)} iterations" if trained else ""
