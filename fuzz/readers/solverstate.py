"""A binary solverstate, into a solver."""

from collections.abc import Iterable
from pathlib import Path

from fuzz.reader import Reader
from fuzz.readers.examples import NET
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net
from torchcaffe.solvers import SOLVERS, create_solver
from torchcaffe.solvers.solver import Solver

_DROPOUT = 'layer { name: "drop" type: "Dropout" bottom: "ip" top: "drop" }\n'
_DATA = """layer { name: "noise" type: "DummyData" top: "noise"
  dummy_data_param { shape { dim: 3 } data_filler { type: "uniform" } } }"""


class SolverstateReader(Reader):
    """Its solver is of the type Adam, with layers that have a state; the states of other types are seeds too."""

    format = caffe_pb2.SolverParameter.BINARYPROTO

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        self.solver = self._solver("Adam")

    def seeds(self) -> Iterable[bytes]:
        for kind in ("Adam", *sorted(set(SOLVERS) - {"Adam"})):
            solver = self._solver(kind)
            solver.step(1)
            yield solver.snapshot().read_bytes()

    def read(self, data: bytes) -> None:
        self.solver.restore(self.file(data, "state.solverstate"))

    def _solver(self, kind: str) -> Solver:
        param = caffe_pb2.SolverParameter(type=kind, base_lr=0.01, lr_policy="fixed", delta=1e-8, average_loss=2)
        param.snapshot_prefix, param.snapshot_format = str(self.scratch / kind), self.format
        param.momentum = 0.9 if kind in ("Nesterov", "Adam") else 0.0
        param.train_net_param.CopyFrom(parse_net(NET + _DROPOUT + _DATA))
        return create_solver(param)
