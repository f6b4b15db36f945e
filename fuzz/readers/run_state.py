"""The JSON that torchcaffe adds to a solverstate, restored into a solver, which then runs an iteration."""

from collections.abc import Iterable
from pathlib import Path

from fuzz.readers.solverstate import SolverstateReader
from torchcaffe.proto import caffe_pb2


class RunStateReader(SolverstateReader):
    text = True

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        self.state = caffe_pb2.SolverState.FromString(next(iter(super().seeds())))
        self.written = self.state.torchcaffe_state

    def seeds(self) -> Iterable[bytes]:
        yield self.written
        yield self.written.replace(b",", b",\n").replace(b"{", b"{\n")
        yield b"[" * 60000

    def read(self, data: bytes) -> None:
        self.state.torchcaffe_state = data
        super().read(self.state.SerializeToString())
        self.solver.step(1)
