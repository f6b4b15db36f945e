"""A solver's prototxt, and a training of two iterations with its settings."""

from collections.abc import Iterable
from pathlib import Path

from fuzz.reader import Reader
from fuzz.readers.examples import NET, schema_words
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net, read_solver
from torchcaffe.python_layers import python_layers
from torchcaffe.solvers import SOLVERS, create_solver

_GENERATED = Path(__file__).parents[2] / "generated"
_PATTERNS = ("mnist/*/plain/solver.prototxt", "mnist/*/proposed/net1_solver.prototxt")
_POLICIES = (
    'lr_policy: "step" stepsize: 2 gamma: 0.1',
    'lr_policy: "exp" gamma: 0.9',
    'lr_policy: "inv" gamma: 0.9 power: 0.5',
    'lr_policy: "multistep" gamma: 0.5 stepvalue: 1 stepvalue: 2',
    'lr_policy: "poly" power: 2',
    'lr_policy: "sigmoid" gamma: 0.1 stepsize: 2',
)
_NETS = ("net", "net_param", "train_net", "train_net_param", "test_net", "test_net_param", "weights")
_MOST = {"iter_size": 3, "max_iter": 2}


class SolverReader(Reader):
    """Trains the small net instead of the solver's nets and weights, and snapshots into the scratch folder.

    A file may ask for a long training; that is no fault, so iterations and batches per iteration are cut to a few.
    """

    text = True

    def seeds(self) -> Iterable[bytes]:
        for policy, kind in zip(_POLICIES, SOLVERS, strict=True):
            momentum = "momentum: 0.5" if kind in ("SGD", "Nesterov", "Adam", "AdaDelta") else ""
            yield f'base_lr: 0.1 type: "{kind}" delta: 1e-8\n{policy}\nmax_iter: 2 net: "a" {momentum}\n'.encode()
        for pattern in _PATTERNS:
            yield from (path.read_bytes() for path in sorted(_GENERATED.glob(pattern))[:1])
        yield b'train_net: "a"\ntest_net: "b"\ntest_iter: 1\ntest_interval: 1\nbase_lr: 1e-3\nlr_policy: "fixed"\n'

    def words(self) -> Iterable[str]:
        return [*schema_words(caffe_pb2.SolverParameter), *SOLVERS, "fixed", "step", "exp", "inv", "poly", "sigmoid"]

    def read(self, data: bytes) -> None:
        param = read_solver(self.file(data, "solver.prototxt"))
        tests = bool(param.test_net or param.test_net_param)
        for field in _NETS:
            param.ClearField(field)
        param.train_net_param.CopyFrom(parse_net(NET))
        if tests:
            param.test_net_param.add().CopyFrom(parse_net(NET))
        for field, most in _MOST.items():
            if getattr(param, field) > most:
                setattr(param, field, most)
        param.test_iter[:] = [min(count, 2) for count in param.test_iter]
        param.snapshot_prefix = str(self.scratch / "snapshot")
        with python_layers(allowed=False):
            create_solver(param).solve()
