"""The engines that are measured: how each is started on a job."""

import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache

from benchmarks.child import Command
from benchmarks.environment import for_child, unhandicapped
from benchmarks.job import Job
from benchmarks.setting import FLOAT32, Setting
from layerhint import engines
from layerhint.errors import LayerhintError
from layerhint.process_end import how_it_ended
from layerhint.realcaffe.find import find_real_caffe
from layerhint.realcaffe.gpu import Gpu, ask_for_gpu


class Contender(ABC):
    """An engine. `key` names it on the command line, `title` in tables.

    Raises LayerhintError if the setting's device or precision is not available.
    """

    key: str
    title: str

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.precision = setting.precision if self._follows_precision else FLOAT32
        self.engine = engines.get_engine(self._engine, setting.device, precision=self.precision)

    _engine = "torch"
    _follows_precision = False

    @property
    @abstractmethod
    def version(self) -> str:
        """The engine and its version, in words."""

    @abstractmethod
    def training(self, job: Job) -> Command:
        """The command of a child whose runs are training iterations."""

    @abstractmethod
    def reading(self, job: Job, net: str) -> Command:
        """The command of a child that only reads the job's images; `net` is a file with the Data layer alone."""

    def start(self, job: Job) -> tuple[list[str], str]:
        """The command line of a process that trains for one iteration and ends, and its input on stdin."""
        gpu = ["-gpu", self.setting.gpu] if self.setting.on_gpu else []
        weights = ["-weights", str(job.weights)]
        return [*self.engine.command(), "train", "-solver", str(job.solver), *weights, *gpu, *self._flags()], ""

    def _flags(self) -> Sequence[str]:
        return ()

    def environment(self) -> dict[str, str]:
        """The environment of all the engine's processes."""
        return for_child(self.engine.pycaffe().environment, self.setting.threads)

    def _child(self, module: str, *arguments: object) -> Command:
        """The command of a child on the setting's device (see `benchmarks.children.serve`)."""
        return self._command(module, self.setting.device, *arguments)

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
        done = subprocess.run(command.words, capture_output=True, text=True, env=dict(command.environment), check=False)
        return ", ".join([caffe, *done.stdout.splitlines()[:1]])

    def environment(self) -> dict[str, str]:
        return unhandicapped(super().environment())

    def training(self, job: Job) -> Command:
        return self._child("real_caffe", job.solver, job.weights)

    def reading(self, job: Job, net: str) -> Command:
        return self._child("caffe_data", "caffe", net)


class PyTorch(Contender):
    """Plain PyTorch."""

    key = "pytorch"
    title = "PyTorch"
    _follows_precision = True

    @property
    def version(self) -> str:
        return str(self.engine.describe()["torch"])

    def training(self, job: Job) -> Command:
        return self._child("pytorch_training", job.recipe, job.state, job.images.arrays, self.precision)

    def reading(self, job: Job, net: str) -> Command:
        return self._child("pytorch_data", job.recipe, job.images.arrays)

    def start(self, job: Job) -> tuple[list[str], str]:
        return self.training(job).words, '{"run": 1}\n'


class Torchcaffe(Contender):
    """torchcaffe, layer by layer as defined."""

    key = "plain"
    title = "torchcaffe, plain"

    @property
    def version(self) -> str:
        return str(self.engine.describe()["version"])

    def training(self, job: Job) -> Command:
        return self._child("torchcaffe_training", self.key, job.solver, job.weights, self.precision)

    def reading(self, job: Job, net: str) -> Command:
        return self._child("caffe_data", "torchcaffe", net)

    def _flags(self) -> Sequence[str]:
        return ("-plain",)


class FastTorchcaffe(Torchcaffe):
    """torchcaffe's fast path, which is its default."""

    key = "fast"
    title = "torchcaffe, fast"
    _follows_precision = True

    def reading(self, job: Job, net: str) -> Command:
        return self._child("fast_data", net)

    def _flags(self) -> Sequence[str]:
        return ("-precision", self.precision)

    def several(self, job: Job, way: str, count: int) -> Command:
        """The command of a child that trains `count` nets, `apart` or in `lockstep`."""
        return self._child("several_trainings", way, job.solver, job.weights, count, self.precision)

    @property
    def version(self) -> str:
        command = self._command("own_kernels", self.setting.device)
        done = subprocess.run(command.words, capture_output=True, text=True, env=dict(command.environment), check=False)
        if done.returncode:
            raise LayerhintError(f"{self.title}: {how_it_ended(done.returncode, done.stderr.splitlines())}")
        return f"{super().version}, {done.stdout.strip()}"


_ALL: tuple[type[Contender], ...] = (RealCaffe, PyTorch, Torchcaffe, FastTorchcaffe)
TITLES = {contender.key: contender.title for contender in _ALL}
"""The engines by their keys, in the order of the tables."""


def contenders(keys: Sequence[str], setting: Setting) -> list[Contender]:
    """The engines of these names, in the order of the tables; a real Caffe only where there is one for the device.

    Raises LayerhintError for an unknown name, or a device or precision that is not available.
    """
    for key in keys:
        if key not in TITLES:
            raise LayerhintError(f"there is no engine {key!r}: choose among {', '.join(TITLES)}")
    wanted = [kind for kind in _ALL if kind.key in keys]
    engines.get_engine("torch", setting.device, precision=setting.precision)  # The machine's rates need it, too.
    return [kind(setting) for kind in wanted if kind is not RealCaffe or why_no_real_caffe(setting.on_gpu) is None]


@cache
def why_no_real_caffe(on_gpu: bool) -> str | None:
    """Why there is no real Caffe for the CPU or for a GPU, in words; None if there is one."""
    caffe = find_real_caffe(cuda=on_gpu)
    if caffe is None:
        return f"`python tools/build_caffe.py{' --cuda' if on_gpu else ''}` builds one"
    answer = ask_for_gpu(caffe)
    return answer.why if on_gpu and answer.gpu is not Gpu.READY else None
