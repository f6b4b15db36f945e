"""How long a piece of work takes, run after run."""

from collections.abc import Callable
from time import perf_counter

WARM_UP = 3


def run_times(run: Callable[[], object], seconds: float = 1.0, least: int = 10, most: int = 200) -> list[float]:
    """Milliseconds of each run, after a few that do not count.

    There are runs until they have taken `seconds` together, at least `least` and at most `most` of them.
    """
    for _ in range(WARM_UP):
        run()
    times: list[float] = []
    while len(times) < least or (sum(times) < 1000 * seconds and len(times) < most):
        start = perf_counter()
        run()
        times.append(1000 * (perf_counter() - start))
    return times
