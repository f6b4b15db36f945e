"""A stopwatch."""

from time import perf_counter

import torch

from torchcaffe import mode


class Timer:
    """Measures the time from `start` to `stop`; on a GPU, until the work submitted so far is done.

    Source: Caffe 1.0, `src/caffe/util/benchmark.cpp`.
    """

    def __init__(self) -> None:
        self._started: float | None = None
        self._seconds = 0.0

    def start(self) -> None:
        """Starts from 0, if it is not running."""
        if self._started is None:
            self._started = _now()

    def stop(self) -> None:
        """Stops, if it runs."""
        if self._started is not None:
            self._seconds = _now() - self._started
            self._started = None

    @property
    def ms(self) -> float:
        """The last time taken, in milliseconds, 0 without one; stops the timer if it runs."""
        self.stop()
        return self._seconds * 1e3


def _now() -> float:
    if mode.device().type == "cuda":
        torch.cuda.synchronize(mode.device())
    return perf_counter()
