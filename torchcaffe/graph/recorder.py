"""Records the work of a device: CUDA graphs."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import torch

Work = Callable[[], torch.Tensor]


class Recorder(Protocol):
    """Runs work and records it. Work reads and writes arrays of fixed addresses, and returns an array of its own."""

    name: str

    def run(self, work: Work) -> torch.Tensor:
        """Does the work unrecorded, on the recording stream, where one-time choices and allocations are then made."""
        ...

    def record(self, work: Work) -> tuple[torch.Tensor, Callable[[], None]]:
        """Does the work once and records it; returns its array, and a function that replays it into the same arrays.

        Raises RuntimeError if the work cannot be recorded; then it has not been done.
        """
        ...

    def side_by_side(self, works: Sequence[Work]) -> list[torch.Tensor]:
        """Does `works` as parts of a larger work, in any order or at the same time; returns the array of each.

        They may all read what was made before, but none may read or write what another one writes.
        """
        ...


class CudaGraphs:
    """See `Recorder`. Each recording has memory that nothing else uses."""

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
        # thread_local: other threads may use the GPU meanwhile; their work is not recorded.
        with (
            _no_garbage(),
            torch.cuda.device(self._device),
            # Restores the current stream: if a recording fails, PyTorch does not.
            torch.cuda.stream(torch.cuda.current_stream(self._device)),
            torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"),
        ):
            result = work()
        graph.replay()
        # PyTorch frees unused memory before it records, but not what blobs then still held of the work's last run.
        with torch.cuda.device(self._device):
            torch.cuda.empty_cache()
        return result, graph.replay

    def side_by_side(self, works: Sequence[Work]) -> list[torch.Tensor]:
        """Records each work on a stream of its own, so that it is a branch of the graph.

        Without recording, the works run one after the other on one stream. So no memory is reused while it is still
        being read, and libraries that time their algorithms measure one work at a time.

        Recorded branches cannot harm each other, because PyTorch reuses freed memory only on the stream that allocated
        it. Memory that a branch frees is reused by that branch. Memory from before the branches that one of them frees,
        while others may still read it, belongs to the stream that they join, which allocates nothing before the join.
        And all of it belongs to the recording, so nothing else can take what a branch leaves for later.
        """
        while len(self._sides) < len(works):
            side = _stream(self._device)
            if side != self._stream:  # PyTorch has 32 streams, and hands them out in rotation.
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
    """Collects garbage now and not inside: freeing another CUDA graph would make the recording fail.

    PyTorch itself collected garbage before a recording until 2.8, but no longer does.
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
    """CUDA graphs on a GPU, else None. Also turns on cuDNN's search for the fastest convolution algorithms."""
    if device.type != "cuda":
        return None
    torch.backends.cudnn.benchmark = True
    return CudaGraphs(device)
