"""The conditions of a run in sentences."""

from collections.abc import Iterator

from benchmarks.environment import HANDICAPS
from benchmarks.measured import Measured
from benchmarks.report.numbers import ABSENT


def sentences(measured: Measured) -> Iterator[str]:
    """Where, when, with what and how it was measured."""
    told = measured.conditions
    yield f"{told.machine}, {told.threads} threads for every engine; {told.date}; {told.system}, Python {told.python}."
    yield "; ".join(f"{title}: {told.engines.get(key, ABSENT)}" for key, title in measured.titles.items()) + "."
    yield (
        f"Each engine trains in a process of its own and all take turns, {told.rounds} rounds with about "
        f"{told.turn:g} s a turn after a warm-up. Float32; random images; the same random weights at the start."
    )
    if told.blas_settings:
        settings = ", ".join(f"{name}={value}" for name, value in told.blas_settings.items())
        taken = [name for name in HANDICAPS if name in told.blas_settings]
        note = f"; Caffe runs without {' and '.join(taken)}, which slow a current OpenBLAS" if taken else ""
        yield f"Set in the environment: {settings}{note}."
