"""What records the work of a device: CUDA graphs."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import torch

Work = Callable[[], torch.Tensor]


class Recorder(Protocol):
    """Runs work and records it. Work reads and writes arrays of fixed addresses, and gives an array of its own."""

    name: str

    def run(self, work: Work) -> torch.Tensor:
        """Does the work as it is, where recordings are made: what is chosen or allocated once is, by that."""
        ...

    def record(self, work: Work) -> tuple[torch.Tensor, Callable[[], None]]:
        """Does the work once; gives its array, and what does the work again, into the same arrays.

        Raises RuntimeError for work that cannot be recorded; then it has not been done.
        """
        ...

    def side_by_side(self, works: Sequence[Work]) -> list[torch.Tensor]:
        """Does works as parts of a larger one, in any order or at the same time; gives the array of each.

        They may read what was made before, and what one writes no other one reads or writes.
        """
        ...


class CudaGraphs:
    """See `Recorder`. Each recording has memory of its own, which nothing else is given."""

    name = "CUDA graph"

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = _stream(device)
        self._sides: list[torch.cuda.Stream] = []

    def run(self, work: Work) -> torch.Tensor:
        caller = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(caller)
        with torch.cuda.stream(self._stream):
            result = work()
        caller.wait_stream(self._stream)
        return result

    def record(self, work: Work) -> tuple[torch.Tensor, Callable[[], None]]:
        graph = torch.cuda.CUDAGraph()
        # thread_local: what other threads ask of the GPU meanwhile is no part of it, and no fault.
        with (
            _no_garbage(),
            torch.cuda.device(self._device),
            # Where recording breaks off, PyTorch leaves its stream the current one.
            torch.cuda.stream(torch.cuda.current_stream(self._device)),
            torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"),
        ):
            result = work()
        graph.replay()
        # Before it records PyTorch gives back what is free, but not what blobs still showed of the work's last run.
        with torch.cuda.device(self._device):
            torch.cuda.empty_cache()
        return result, graph.replay

    def side_by_side(self, works: Sequence[Work]) -> list[torch.Tensor]:
        """Records each work on a stream of its own, so that in the graph it is a branch.

        Done as they are, they run in turn, on one stream: so nothing that is given back is still being read elsewhere,
        and libraries that try their ways, each time with a clock, measure one work while no other one runs.

        Recorded, they are safe from each other because PyTorch keeps freed memory by the stream that it was allocated
        on. What a branch frees goes to that branch. What was made before the branches and is let go of in one of them,
        while others may still read it, goes to the stream that they all join, which asks for none before the join. And
        the memory is the recording's own, so that what a branch leaves for later is given to nobody.
        """
        while len(self._sides) < len(works):
            side = _stream(self._device)
            if side != self._stream:  # PyTorch has 32, and hands them out round and round.
                self._sides.append(side)
        if not torch.cuda.is_current_stream_capturing():
            return [work() for work in works]
        joined, sides = torch.cuda.current_stream(self._device), self._sides[: len(works)]
        for side in sides:
            side.wait_stream(joined)
        results = []
        try:
            for side, work in zip(sides, works, strict=True):
                with torch.cuda.stream(side):
                    results.append(work())
        finally:
            for side in sides:
                joined.wait_stream(side)
        return results


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Has Python look for garbage now and not meanwhile: a graph among it that is taken away breaks a recording off.

    PyTorch did so until 2.8, and since then does not.
    """
    gc.collect()
    looks = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looks:
            gc.enable()


def _stream(device: torch.device) -> torch.cuda.Stream:
    stream: torch.cuda.Stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    return stream


def recorder_for(device: torch.device) -> Recorder | None:
    """CUDA graphs on a GPU, where convolutions are then also tried in several ways, and the fastest is kept."""
    if device.type != "cuda":
        return None
    torch.backends.cudnn.benchmark = True
    return CudaGraphs(device)
