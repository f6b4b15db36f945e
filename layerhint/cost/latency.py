"""Measures how long a net takes."""

from pathlib import Path
from statistics import median

from layerhint.engines.engine import Engine
from layerhint.engines.net_process import NetProcess
from layerhint.machine import describe_machine
from layerhint.records.cost import Latency


def measure_latency(
    model: Path, engine: Engine, weights: Path | None = None, batch: int = 1, threads: int = 1
) -> Latency:
    """The median time of a forward pass of a deploy net on the CPU.

    A pass takes as long with any weights, so that none are needed: without, the fillers draw some.

    Raises LayerhintError for a net that the engine refuses.
    """
    with NetProcess(engine, model, weights, threads) as net:
        times = net.times(batch)
    return Latency(
        milliseconds=median(times),
        batch=batch,
        threads=threads,
        runs=len(times),
        engine=engine.describe(),
        machine=describe_machine(),
    )
