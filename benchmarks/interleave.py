"""Asks several processes for their work in turn, round by round, so that a slow while of the machine meets all."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.child import Child, Command

_PAUSE = 0.05
"""Seconds between two turns, in which the threads of the last one go to sleep."""


@dataclass(frozen=True)
class Pace:
    """How many rounds there are, how many seconds a turn is to take, and a warm-up, which is not measured: so many
    seconds, and runs at least."""

    rounds: int
    turn: float
    warm_up: float
    warm_up_runs: int = 2


@dataclass(frozen=True)
class Series:
    """Of one process: the seconds a run in each round, what its turns gave, and its peak memory."""

    seconds: tuple[float, ...]
    results: tuple[object, ...]
    peak_bytes: int


def interleave(commands: Mapping[str, Command], pace: Pace) -> dict[str, Series]:
    """Starts the processes, warms each up, and lets them take turns: A B C, A B C, ...

    A turn is as many runs as fill it, at least one. Raises LayerhintError where a process fails.
    """
    with ExitStack() as stack:
        children = {key: stack.enter_context(Child(command)) for key, command in commands.items()}
        for child in children.values():
            child.build()
        counts = {key: _warm_up(child, pace) for key, child in children.items()}
        turns: dict[str, list[float]] = {key: [] for key in children}
        results: dict[str, list[object]] = {key: [] for key in children}
        peaks = dict.fromkeys(children, 0)
        for _ in range(pace.rounds):
            for key, child in children.items():
                time.sleep(_PAUSE)
                reply = child.run(counts[key])
                turns[key].append(reply.seconds / counts[key])
                results[key].append(reply.result)
                peaks[key] = reply.peak_bytes
    return {key: Series(tuple(turns[key]), tuple(results[key]), peaks[key]) for key in children}


def _warm_up(child: Child, pace: Pace) -> int:
    """Runs until the warm-up is over; says how many runs fill a turn, by the fastest so far."""
    times: list[float] = []
    while len(times) < pace.warm_up_runs or sum(times) < pace.warm_up:
        times.append(child.run(1).seconds)
    return runs_a_turn(times, pace.turn)


def runs_a_turn(times: Sequence[float], turn: float) -> int:
    """How many runs fill a turn of so many seconds, by the fastest of some: at least one."""
    return max(1, round(turn / min(times)))
