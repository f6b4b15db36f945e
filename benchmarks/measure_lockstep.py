"""Measures how much it saves to train several students of one teacher in lockstep."""

from benchmarks.contender import FastTorchcaffe
from benchmarks.interleave import Pace, interleave
from benchmarks.job import Job
from benchmarks.measured import APART, LOCKSTEP, Together


def measure_lockstep(job: Job, count: int, engine: FastTorchcaffe, pace: Pace) -> Together:
    """Trains `count` nets apart and in lockstep, in turns. Raises LayerhintError if one way fails."""
    series = interleave({way: engine.several(job, way, count) for way in (APART, LOCKSTEP)}, pace)
    return Together(
        name=job.case.name,
        title=job.case.title,
        images=job.images.kind.title,
        count=count,
        seconds={way: found.seconds for way, found in series.items()},
        peak_bytes={way: found.peak_bytes for way, found in series.items()},
    )
