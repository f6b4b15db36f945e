"""Runs several processes in turn, round by round, so that all of them meet the machine's slow phases."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.child import Child, Command

_PAUSE = 0.05
"""Seconds between two turns, in which the threads of the last one go to sleep."""


@dataclass(frozen=True)
class Pace:
    """The number of rounds, the seconds that a turn is to take, and the warm-up, which is not measured: at least
    `warm_up` seconds and `warm_up_runs` runs."""

    rounds: int
    turn: float
    warm_up: float
    warm_up_runs: int = 2


@dataclass(frozen=True)
class Series:
    """One process's seconds per run and result in each round, and its peak memory."""

    seconds: tuple[float, ...]
    results: tuple[object, ...]
    peak_bytes: int


def interleave(commands: Mapping[str, Command], pace: Pace) -> dict[str, Series]:
    """Starts the processes, warms each up, and lets them take turns: A B C, A B C, ...

    A turn is as many runs as fill its time, at least one. Raises LayerhintError if a process fails.
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
    """Runs until the warm-up is over; returns how many runs fill a turn."""
    times: list[float] = []
    while len(times) < pace.warm_up_runs or sum(times) < pace.warm_up:
        times.append(child.run(1).seconds)
    return runs_a_turn(times, pace.turn)


def runs_a_turn(times: Sequence[float], turn: float) -> int:
    """How many runs fill a turn of `turn` seconds, by the shortest of `times`; at least one."""
    return max(1, round(turn / min(times)))
