"""The engines that are measured: how each is started on a job."""

import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence

from benchmarks.child import Command
from benchmarks.environment import for_child, unhandicapped
from benchmarks.job import Job
from layerhint import engines
from layerhint.errors import LayerhintError
from layerhint.realcaffe.find import find_real_caffe
from torchcaffe.fast import kernels


class Contender(ABC):
    """An engine. `key` names it on the command line, `title` in tables."""

    key: str
    title: str

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.engine = engines.get_engine(self._engine, "cpu")

    _engine = "torch"

    @property
    @abstractmethod
    def version(self) -> str:
        """What it is, in words."""

    @abstractmethod
    def training(self, job: Job) -> Command:
        """The process that trains, iteration by iteration."""

    @abstractmethod
    def reading(self, job: Job, net: str) -> Command:
        """The process that reads the job's images and does nothing else; `net` is a net of its Data layer alone."""

    def start(self, job: Job) -> tuple[list[str], str]:
        """A command that starts, trains for one iteration and ends, and what it is given on stdin."""
        weights = ["-weights", str(job.weights)]
        return [*self.engine.command(), "train", "-solver", str(job.solver), *weights, *self._flags], ""

    _flags: Sequence[str] = ()

    def environment(self) -> dict[str, str]:
        """The environment of all its processes."""
        return for_child(self.engine.pycaffe().environment, self.threads)

    def _command(self, module: str, *arguments: object) -> Command:
        return Command(
            self.title, self.engine.pycaffe().python, module, [str(word) for word in arguments], self.environment()
        )


class RealCaffe(Contender):
    """The real Caffe, without the variables that would slow its OpenBLAS."""

    key = "caffe"
    title = "Caffe"
    _engine = "caffe"

    @property
    def version(self) -> str:
        caffe = str(self.engine.describe()["version"]).partition(", at ")[0]
        command = self._command("blas")
        told = subprocess.run(command.words, capture_output=True, text=True, env=dict(command.environment), check=False)
        return ", ".join([caffe, *told.stdout.splitlines()[:1]])

    def environment(self) -> dict[str, str]:
        return unhandicapped(super().environment())

    def training(self, job: Job) -> Command:
        return self._command("real_caffe", job.solver, job.weights)

    def reading(self, job: Job, net: str) -> Command:
        return self._command("caffe_data", "caffe", net)


class PyTorch(Contender):
    """Plain PyTorch."""

    key = "pytorch"
    title = "PyTorch"

    @property
    def version(self) -> str:
        return str(self.engine.describe()["torch"])

    def training(self, job: Job) -> Command:
        return self._command("pytorch_training", job.recipe, job.state, job.images.arrays)

    def reading(self, job: Job, net: str) -> Command:
        return self._command("pytorch_data", job.recipe, job.images.arrays)

    def start(self, job: Job) -> tuple[list[str], str]:
        return self.training(job).words, '{"run": 1}\n'


class Torchcaffe(Contender):
    """torchcaffe, layer by layer as defined."""

    key = "plain"
    title = "torchcaffe, plain"
    _flags: Sequence[str] = ("-plain",)

    @property
    def version(self) -> str:
        return str(self.engine.describe()["version"])

    def training(self, job: Job) -> Command:
        return self._command("torchcaffe_training", self.key, job.solver, job.weights)

    def reading(self, job: Job, net: str) -> Command:
        return self._command("caffe_data", "torchcaffe", net)


class FastTorchcaffe(Torchcaffe):
    """torchcaffe by its fast path, as it runs unless told otherwise."""

    key = "fast"
    title = "torchcaffe, fast"
    _flags = ()

    @property
    def version(self) -> str:
        why = kernels.fault()
        return f"{super().version}, {f'without compiled kernels: {why}' if why else 'with compiled kernels'}"


_ALL: tuple[type[Contender], ...] = (RealCaffe, PyTorch, Torchcaffe, FastTorchcaffe)
TITLES = {contender.key: contender.title for contender in _ALL}
"""The engines by their keys, in the order of the tables."""


def contenders(keys: Sequence[str], threads: int) -> list[Contender]:
    """The engines of these names, in the order of the tables; a real Caffe only where there is one.

    Raises LayerhintError for an unknown name.
    """
    for key in keys:
        if key not in TITLES:
            raise LayerhintError(f"there is no engine {key!r}: choose among {', '.join(TITLES)}")
    wanted = [kind for kind in _ALL if kind.key in keys]
    return [kind(threads) for kind in wanted if kind is not RealCaffe or find_real_caffe() is not None]
