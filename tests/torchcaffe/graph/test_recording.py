"""How work is recorded, and what is let go of where that breaks off."""

import gc
import weakref
from collections.abc import Callable
from contextlib import nullcontext

import pytest
import torch

from torchcaffe.graph import recorder
from torchcaffe.graph.recorder import CudaGraphs
from torchcaffe.graph.repeated import WARM_UP, Repeated


class Full:
    """Breaks the recording off as a GPU does whose memory is used up by it."""

    name = "CUDA graph"
    taken: weakref.ref[torch.Tensor] | None = None

    def run(self, work: Callable[[], torch.Tensor]) -> torch.Tensor:
        assert self.taken is None or self.taken() is None
        return work()

    def record(self, work: Callable[[], torch.Tensor]) -> tuple[torch.Tensor, Callable[[], None]]:
        memory = torch.zeros(3)
        self.taken = weakref.ref(memory)
        raise torch.OutOfMemoryError("CUDA out of memory")


def test_what_a_broken_recording_has_taken_is_given_back_before_the_work_is_done() -> None:
    full = Full()
    repeated = Repeated("iterations", lambda: torch.ones(()), full, [])  # type: ignore[arg-type]
    assert [float(repeated(1)) for _ in range(WARM_UP + 2)] == [1] * (WARM_UP + 2)
    assert full.taken is not None


class Garbage:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def no_gpu_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("device", "stream", "current_stream", "graph", "empty_cache"):
        monkeypatch.setattr(torch.cuda, name, lambda *_, **__: nullcontext())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Full)
    monkeypatch.setattr(Full, "replay", lambda self: None, raising=False)
    monkeypatch.setattr(recorder, "_stream", lambda device: None)


@pytest.mark.usefixtures("no_gpu_is_asked")
@pytest.mark.parametrize("looks", [True, False])
def test_no_garbage_is_taken_away_while_work_is_recorded(looks: bool) -> None:
    """CUDA breaks a recording off if a graph is destroyed meanwhile, as one is whose solver is garbage."""
    before = weakref.ref(Garbage())

    def work() -> torch.Tensor:
        assert before() is None
        assert not gc.isenabled()
        return torch.ones(())

    looked = gc.isenabled()
    (gc.enable if looks else gc.disable)()
    try:
        CudaGraphs(torch.device("cuda:0")).record(work)
        assert gc.isenabled() == looks
    finally:
        (gc.enable if looked else gc.disable)()
