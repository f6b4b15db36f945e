"""What a solverstate of torchcaffe holds besides Caffe's own: its JSON, into a solver."""

from collections.abc import Iterable

from fuzz.readers.solverstate import SolverstateReader
from torchcaffe.proto import caffe_pb2


class RunStateReader(SolverstateReader):
    text = True

    def seeds(self) -> Iterable[bytes]:
        self.state = caffe_pb2.SolverState.FromString(next(iter(super().seeds())))
        yield self.state.torchcaffe_state
        yield self.state.torchcaffe_state.replace(b",", b",\n").replace(b"{", b"{\n")
        yield b"[" * 60000

    def read(self, data: bytes) -> None:
        self.state.torchcaffe_state = data
        super().read(self.state.SerializeToString())
        self.solver.step(1)
