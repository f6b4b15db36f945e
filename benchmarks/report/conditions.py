"""The conditions of a run in sentences."""

from collections.abc import Iterator

from benchmarks.environment import HANDICAPS
from benchmarks.measured import Measured
from benchmarks.report.numbers import ABSENT
from benchmarks.setting import FLOAT32


def sentences(measured: Measured) -> Iterator[str]:
    """Where, when, with what and how it was measured."""
    conditions = measured.conditions
    if measured.ended_early:
        yield f"Not whole: {measured.ended_early}. What follows was measured before."
    yield (
        f"{conditions.gpu + ', on ' if conditions.gpu else ''}{conditions.machine}, "
        f"{conditions.setting.threads} threads for every engine; {conditions.date}; {conditions.system}, "
        f"Python {conditions.python}."
    )
    yield "; ".join(f"{title}: {conditions.engines.get(key, ABSENT)}" for key, title in measured.titles.items()) + "."
    yield (
        f"Each engine trains in a process of its own and all take turns, {conditions.rounds} rounds with about "
        f"{conditions.turn:g} s a turn after a warm-up. {_precision(conditions.setting.precision)}; random images; the "
        "same random weights at the start."
    )
    if conditions.gpu:
        yield (
            "A turn's time ends when the GPU has done all of it. PyTorch and the fast path hold the images on the GPU "
            "and cut their batches there."
        )
    if conditions.blas_settings:
        settings = ", ".join(f"{name}={value}" for name, value in conditions.blas_settings.items())
        taken = [name for name in HANDICAPS if name in conditions.blas_settings]
        note = f"; Caffe runs without {' and '.join(taken)}, which slow a current OpenBLAS" if taken else ""
        yield f"Set in the environment: {settings}{note}."


def _precision(name: str) -> str:
    if name == FLOAT32:
        return "Float32"
    return f"PyTorch and the fast path in {name}, the others and the floors in float32"
