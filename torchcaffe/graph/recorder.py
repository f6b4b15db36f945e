"""What records the work of a device: CUDA graphs."""

from collections.abc import Callable
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


class CudaGraphs:
    """See `Recorder`. Each recording has memory of its own, which nothing else is given."""

    name = "CUDA graph"

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream: torch.cuda.Stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

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
            torch.cuda.device(self._device),
            # Where recording breaks off, PyTorch leaves its stream the current one.
            torch.cuda.stream(torch.cuda.current_stream(self._device)),
            torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"),
        ):
            result = work()
        graph.replay()
        return result, graph.replay


def recorder_for(device: torch.device) -> Recorder | None:
    """CUDA graphs on a GPU, where convolutions are then also tried in several ways, and the fastest is kept."""
    if device.type != "cuda":
        return None
    torch.backends.cudnn.benchmark = True
    return CudaGraphs(device)
