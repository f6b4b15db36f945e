"""Measures how long a net takes."""

from pathlib import Path
from statistics import median

from layerhint.engines.engine import Engine
from layerhint.engines.net_process import NetProcess
from layerhint.machine import describe_machine
from layerhint.records.cost import Latency


def measure_latency(model: Path, engine: Engine, threads: int = 1) -> Latency:
    """The median time of a forward pass of a deploy net on the CPU, for one image.

    The weights are random, from the fillers, as they do not affect the time.

    Raises LayerhintError for a net that the engine refuses.
    """
    with NetProcess(engine, model, None, threads) as net:
        times = net.times(1)
    return Latency(
        milliseconds=median(times),
        batch=1,
        threads=threads,
        runs=len(times),
        engine=engine.describe(),
        machine=describe_machine(),
    )
