"""Generated nets on a small database, and a recorder that does on a CPU what CUDA graphs do on a GPU."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import lmdb
import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from torchcaffe.fast import kernels
from torchcaffe.fast.batch_norm import fused
from torchcaffe.fast.batch_norm.function import Settings
from torchcaffe.fast.batch_norm.operations import NativeCore, OperationsBatchNorm
from torchcaffe.glog import logger
from torchcaffe.layer_types.layer import Place
from torchcaffe.lockstep import Lockstep, Training
from torchcaffe.proto.binary import array_to_blob, write_binary
from torchcaffe.proto.caffe_pb2 import Datum, NetParameter, SolverParameter
from torchcaffe.proto.text import read_net, read_solver
from torchcaffe.signals import Action
from torchcaffe.solvers import Solver, solver_class

GENERATED = Path(__file__).parents[3] / "generated" / "cifar10"
RECORDS, BATCH = 7, 2  # The end of the database falls into batches.

OpenSolver = Callable[..., Solver]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`db`, images as CIFAR-10's are with their border of 4, and `mean.binaryproto`, their mean."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (RECORDS, 3, 40, 40), dtype=np.uint8)
    with lmdb.open(str(folder / "db"), map_size=1 << 22) as env, env.begin(write=True) as transaction:
        for i, image in enumerate(images):
            datum = Datum(channels=3, height=40, width=40, data=image.tobytes(), label=int(rng.integers(10)))
            transaction.put(b"%05d" % i, datum.SerializeToString())
    write_binary(folder / "mean.binaryproto", array_to_blob(images.mean(0, dtype=np.float32)[None]))
    return folder


@pytest.fixture
def open_solver(data: Path, tmp_path: Path) -> OpenSolver:
    """A solver in `generated/cifar10`, on the small database; tests every third iteration."""

    def open_it(
        training: str, device: str = "cpu", dtype: torch.dtype = torch.float32, crop: int = 32, **settings: Any
    ) -> Solver:
        param = read_solver(GENERATED / f"{training}.prototxt")
        _use_data(param.train_net_param, param.train_net, data, crop)
        param.ClearField("train_net")
        for file in param.test_net:
            _use_data(param.test_net_param.add(), file, data, crop)
        for field in ("test_net", "test_iter", "stepvalue"):
            param.ClearField(field)
        param.test_iter.extend([2] * len(param.test_net_param))
        common = SolverParameter(
            display=1, test_interval=3, max_iter=9, snapshot=0, snapshot_after_train=False, stepvalue=[2, 5, 6],
            snapshot_prefix=str(tmp_path / "s"), random_seed=3, base_lr=0.01,
        )  # fmt: skip
        param.MergeFrom(common)
        param.MergeFrom(SolverParameter(**settings))
        solver = solver_class(param.type)(param, torch.device(device), dtype)
        _train_statistics(solver)
        return solver

    return open_it


def _use_data(net: NetParameter, file: str, data: Path, crop: int) -> None:
    net.CopyFrom(read_net(GENERATED.parents[1] / file))
    for layer in net.layer:
        if layer.type == "Data":
            layer.data_param.source, layer.data_param.batch_size = str(data / "db"), BATCH
            layer.transform_param.mean_file = str(data / "mean.binaryproto")
            layer.transform_param.crop_size = crop


def _train_statistics(solver: Solver) -> None:
    """Gives the BatchNorm of a teacher statistics that it might have from its training."""
    generator = torch.Generator().manual_seed(5)
    for layer in solver.net.layers:
        if layer.param.batch_norm_param.use_global_stats:
            for blob, low, high in zip(layer.blobs, (-0.5, 0.5, 1), (0.5, 2, 1), strict=True):
                blob.data.copy_(torch.empty(blob.shape).uniform_(low, high, generator=generator))


class Tape:
    """Records every operation that reaches the device, and repeats them on the same arrays, without any Python.

    Like a CUDA graph it refuses work that reads a number back. (Labels are checked on a CPU only: reading the outcome
    is let pass.)
    """

    name = "tape"

    def __init__(self) -> None:
        self.recorded = self.replayed = 0

    def run(self, work: Callable[[], torch.Tensor]) -> torch.Tensor:
        return work()

    def side_by_side(self, works: Sequence[Callable[[], torch.Tensor]]) -> list[torch.Tensor]:
        return [work() for work in works]

    def record(self, work: Callable[[], torch.Tensor]) -> tuple[torch.Tensor, Callable[[], None]]:
        with _Operations() as operations:
            result = work()
        self.recorded += 1

        def replay() -> None:
            self.replayed += 1
            operations.repeat()

        return result, replay


class _Operations(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self._done: list[tuple[Any, tuple[Any, ...], dict[str, Any], list[torch.Tensor]]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is torch.ops.aten._local_scalar_dense.default and args[0].dtype != torch.bool:
            raise RuntimeError("the work waits for a number")
        result = func(*args, **kwargs)
        if not _is_view(func):
            self._done.append((func, args, kwargs, _fresh(func, result)))
        return result

    @torch.no_grad()
    def repeat(self) -> None:
        """PyTorch does not count what is written, as it does not see what a CUDA graph writes."""
        touched = [leaf for leaf in tree_leaves(self._done) if torch.is_tensor(leaf)]
        with torch.autograd._unsafe_preserve_version_counter(tuple(touched)):
            for func, args, kwargs, fresh in self._done:
                result = func(*args, **kwargs)
                for old, new in zip(fresh, _fresh(func, result), strict=True):
                    old.copy_(new)


def _is_view(func: Any) -> bool:
    returns = func._schema.returns
    return bool(returns) and all(r.alias_info is not None and not r.alias_info.is_write for r in returns)


def _fresh(func: Any, result: Any) -> list[torch.Tensor]:
    """The tensors that an operation has made, not those it has written into."""
    returns = func._schema.returns
    each = [result] if len(returns) == 1 else result or ()
    made = [part for part, r in zip(each, returns, strict=True) if r.alias_info is None]
    return [t for part in made for t in (part if isinstance(part, (tuple, list)) else [part]) if torch.is_tensor(t)]


def _native(settings: Settings, place: Place, bf16: bool) -> OperationsBatchNorm:
    norm = settings.norm
    return OperationsBatchNorm(settings, NativeCore(norm.channels, norm.eps, place.device, place.dtype))


@pytest.fixture
def tape(monkeypatch: pytest.MonkeyPatch) -> Tape:
    """A recorder for the CPU, where what computes is what does on a GPU: compiled kernels it would not see."""
    monkeypatch.setattr(kernels, "library", lambda: None)
    monkeypatch.setattr(fused, "choose_batch_norm", _native)
    return Tape()


@pytest.fixture
def log_lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What has been logged so far, without times."""
    caplog.set_level("INFO", logger.name)
    return lambda: [_timeless(record.getMessage()) for record in caplog.records]


def _timeless(line: str) -> str:
    head, bracket, rest = line.partition(" (")
    return head + rest.partition(")")[2] if bracket and "iter/s" in rest else line


def contents(solver: Solver) -> dict[str, torch.Tensor]:
    """All that a run leaves: params, statistics, diffs, history, and what the blobs of its nets show."""
    found = {f"history {i}": tensor for i, tensor in enumerate(solver.history)}
    for layer in solver.net.layers:
        for i, blob in enumerate(layer.blobs):
            found[f"{layer.name} {i}"] = blob.data
            found[f"{layer.name} {i} diff"] = blob.diff
    for k, net in enumerate((solver.net, *solver.test_nets)):
        found |= {f"net {k}, blob {name}": net.blob(name).data for name in net.blob_names}
    return found


@pytest.fixture
def assert_same() -> Callable[[Solver, Solver], None]:
    """Two runs have left the same, bit for bit, and stand at the same place in their data."""

    def check(a: Solver, b: Solver) -> None:
        for (name, mine), theirs in zip(contents(a).items(), contents(b).values(), strict=True):
            assert torch.equal(mine, theirs), name
        for mine, theirs in zip((a.net, *a.test_nets), (b.net, *b.test_nets), strict=True):
            assert mine.layer("data").get_state() == theirs.layer("data").get_state()

    return check


class Failing:
    """Breaks off the recording, as CUDA does at an operation that no graph can hold."""

    name = "CUDA graph"

    def run(self, work: Callable[[], torch.Tensor]) -> torch.Tensor:
        return work()

    def side_by_side(self, works: Sequence[Callable[[], torch.Tensor]]) -> list[torch.Tensor]:
        return [work() for work in works]

    def record(self, work: Callable[[], torch.Tensor]) -> tuple[torch.Tensor, Callable[[], None]]:
        raise RuntimeError("this recorder breaks off\nand says more")


@pytest.fixture
def failing() -> Failing:
    """A recorder with which iterations run one operation after the other."""
    return Failing()


@pytest.fixture
def vary() -> Callable[[Solver, int], None]:
    """Gives what a solver's net learns weights that go by a number; a teacher's stay."""

    @torch.no_grad()
    def change(solver: Solver, number: int) -> None:
        for param in solver.net.params.learnable:
            if not param.is_frozen:
                param.blob.data.mul_(1 + 0.1 * number)

    return change


class Left(NamedTuple):
    """Of a training: its log, and all that it had and showed, and where its data stood, when it had done so many
    iterations (see `seen_at`)."""

    said: list[str]
    contents: dict[str, torch.Tensor]
    data: list[object]


class Trainer:
    """Runs compiled solvers one after the other, or in lockstep; gives what each has left, in their order."""

    def __init__(self, log_lines: Callable[[], list[str]]) -> None:
        self._log_lines = log_lines

    def alone(self, solvers: Sequence[Solver], seen_at: int) -> list[Left]:
        all_left = [Left([], {}, []) for _ in solvers]
        for solver, left in zip(solvers, all_left, strict=True):
            with self._turn(solver, left, seen_at):
                for _ in solver.solving():
                    _see(solver, left, seen_at)
        return all_left

    def together(
        self, solvers: Sequence[Solver], seen_at: int, requests: Callable[[], Action] = lambda: Action.NONE
    ) -> list[Left]:
        all_left = [Left([], {}, []) for _ in solvers]
        Lockstep(
            [
                Training(f"training {i}", solver, partial(self._turn, solver, left, seen_at))
                for i, (solver, left) in enumerate(zip(solvers, all_left, strict=True))
            ],
            requests,
        ).run()
        return all_left

    @contextmanager
    def _turn(self, solver: Solver, left: Left, seen_at: int) -> Iterator[None]:
        start = len(self._log_lines())
        try:
            yield
        finally:
            # Data that are read once for all are read in the log of whoever's turn it is.
            left.said.extend(x for x in self._log_lines()[start:] if not x.startswith("Restarting data"))
            _see(solver, left, seen_at)


def _see(solver: Solver, left: Left, at: int) -> None:
    if solver.iter == at and not left.contents:
        left.contents.update({name: values.clone() for name, values in contents(solver).items()})
        left.data.append(solver.net.layer("data").get_state())


@pytest.fixture
def trainer(log_lines: Callable[[], list[str]]) -> Trainer:
    return Trainer(log_lines)


@pytest.fixture
def assert_same_training() -> Callable[[Solver, Left, Solver, Left], None]:
    """Two trainings have said and shown the same, and left the same in the end."""

    def check(a: Solver, left_by_a: Left, b: Solver, left_by_b: Left) -> None:
        assert left_by_a.said == left_by_b.said
        assert left_by_a.contents
        for (name, mine), theirs in zip(left_by_a.contents.items(), left_by_b.contents.values(), strict=True):
            assert torch.equal(mine, theirs), name
        assert left_by_a.data == left_by_b.data
        _assert_same_end(a, b)

    return check


@pytest.fixture
def assert_same_ends() -> Callable[[Sequence[Solver], Sequence[Solver]], None]:
    """The params, history and losses of trainings are the same in the end, bit for bit."""

    def check(some: Sequence[Solver], others: Sequence[Solver]) -> None:
        for a, b in zip(some, others, strict=True):
            _assert_same_end(a, b)

    return check


def _assert_same_end(a: Solver, b: Solver) -> None:
    params = [[blob.data for layer in solver.net.layers for blob in layer.blobs] for solver in (a, b)]
    for mine, theirs in zip([*params[0], *a.history], [*params[1], *b.history], strict=True):
        assert torch.equal(mine, theirs)
    assert a.iter == b.iter
    assert a.loss.state == b.loss.state
