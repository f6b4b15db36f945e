"""What the driver asks of an engine."""

import copy
import os
import re
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, Self

from layerhint.caffe_command import ERROR, THREADS, WHOLE_LOG
from layerhint.engines.parent_death import stop_with_parent
from layerhint.errors import LayerhintError
from layerhint.files import make_folder, naming
from layerhint.process_end import how_it_ended
from layerhint.records.run_lock import held

FLOAT32 = "float32"
TF32 = "tf32"
"""The precision in which only GPUs compute."""
_DEVICE = re.compile(r"^(cpu|cuda:(\d+))$")


_UNWRITABLE_LOG = 120  # The exit status of torchcaffe when it cannot write its log, which then cannot say why.


def _prepare_child(driver: int) -> None:
    """Prepares a child process, before it becomes `caffe`: it gets SIGTERM, and leaves a snapshot, if the driver dies.

    SIGHUP, which asks for a snapshot, is ignored while Caffe starts and ends and does not handle the signal itself.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop_with_parent(driver)


@dataclass(frozen=True)
class Pycaffe:
    """An engine's pycaffe: its Python, the environment for that, and the module's name."""

    python: str
    environment: Mapping[str, str]
    module: str


@dataclass(frozen=True)
class Start:
    """How a training starts: its solver, its log, and a solverstate to go on from or else weights, if there are any."""

    solver: str
    weights: str | None
    snapshot: str | None
    log: Path

    def flags(self) -> list[str]:
        """The flags for `caffe train`, without the log."""
        if self.snapshot is not None:
            return ["-solver", self.solver, "-snapshot", self.snapshot]
        return ["-solver", self.solver, *(["-weights", self.weights] if self.weights is not None else [])]


class Engine(ABC):
    """Runs `caffe` commands, as child processes, and net surgery."""

    name: str

    def __init__(self, device: str | None, precision: str = FLOAT32) -> None:
        if device is not None and not _DEVICE.match(device):
            raise LayerhintError(f"there is no device '{device}': say cpu, or cuda:0 (cuda:1, ...)")
        self.device = device
        self.precision = precision
        self.threads: int | None = None  # Of the child processes; None leaves it to them.
        self.elsewhere = False  # Whether other machines train with it.

    @property
    def kind(self) -> str:
        """The engine as far as results depend on it: `torch`, or `torch, tf32`."""
        return self.name if self.precision == FLOAT32 else f"{self.name}, {self.precision}"

    def on(self, device: str, threads: int) -> Self:
        """The same engine on another device, with so many CPU threads. The device is not checked."""
        other = copy.copy(self)
        other.device, other.threads, other.elsewhere = device, threads, False
        return other

    def here(self) -> Self:
        """The engine for the steps of this machine: if other machines train, on the CPU in float32, else the same."""
        if not self.elsewhere:
            return self
        other = copy.copy(self)
        other.device, other.precision, other.elsewhere = "cpu", FLOAT32, False
        return other

    @abstractmethod
    def command(self) -> list[str]:
        """The `caffe` command, to which its arguments are appended."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The child processes' environment."""

    @abstractmethod
    def describe(self) -> dict[str, str]:
        """Name, version and other marks of this engine, for the records."""

    @abstractmethod
    def pycaffe(self) -> Pycaffe:
        """Where a script of this package finds the engine's pycaffe."""

    @abstractmethod
    def operate(self, surgery_file: Path) -> None:
        """Does what a surgery file declares."""

    @property
    @abstractmethod
    def solver_mode(self) -> Literal["GPU", "CPU"]:
        """The `solver_mode` that this engine's solvers must say."""

    @property
    def on_gpu(self) -> bool:
        """Whether it trains on a GPU of this machine."""
        return self.device != "cpu" and self.solver_mode == "GPU"

    def train(self, start: Start) -> subprocess.Popen[bytes]:
        """Starts `caffe train`, which appends to its log. Ctrl-C on the terminal reaches only the driver, which passes
        it on. The process holds the lock of the run's folder together with the driver."""
        return self._start(start.flags(), start.log)

    def train_in_lockstep(self, starts: Sequence[Start], log: Path) -> subprocess.Popen[bytes]:
        """As `train`, for several trainings: each has its own log; the process's other output goes to `log`."""
        return self._start([flag for start in starts for flag in [*start.flags(), "-log_file", str(start.log)]], log)

    def _start(self, trainings: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        make_folder(log.parent)
        with naming(log), log.open("ab") as output:
            return subprocess.Popen(
                [*self.command(), "train", *trainings, *self._flags()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.environment(),
                start_new_session=True,
                preexec_fn=partial(_prepare_child, os.getpid()),
                pass_fds=held(),
            )

    def test(self, model: str, weights: str, iterations: int) -> list[str]:
        """Runs `caffe test` and returns its log lines. Raises LayerhintError if it fails.

        If no device is named, a training uses the one in its solver. A test has no solver, and would use the CPU.
        """
        gpu = ["-gpu", "0"] if self.device is None and self.on_gpu else []
        arguments = [
            "test",
            "-model",
            model,
            "-weights",
            weights,
            "-iterations",
            str(iterations),
            *gpu,
            *self._flags(),
        ]
        done = subprocess.run(
            [*self.command(), *arguments], capture_output=True, text=True, env=self.environment(), check=False
        )
        lines = done.stderr.splitlines()
        if done.returncode:
            why = self.explain(lines, done.returncode)
            raise LayerhintError(f"`caffe test -model {model} -weights {weights}` failed: {why}")
        return lines

    def explain(self, printed: Sequence[str], status: int) -> str:
        """Why a command failed, in one line: what it printed as its error, or how it ended.

        Args:
            printed: the lines that it printed, without those of earlier runs.
            status: its exit status, negative for a signal, as `subprocess` gives it.
        """
        errors = [line.removeprefix(ERROR).strip() for line in printed if line.startswith(ERROR)]
        if not errors and status == _UNWRITABLE_LOG:
            return "its log cannot be written: free some space, then run the same command again"
        return errors[-1] if errors else how_it_ended(status, printed)

    def _flags(self) -> list[str]:
        flags = [] if self.device in (None, "cpu") else ["-gpu", str(self.device).removeprefix("cuda:")]
        return flags if self.precision == FLOAT32 else [*flags, "-precision", self.precision]

    def _for_child(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Adapts an environment: hides GPUs if the device is the CPU, and has glog write the whole log to stderr, where
        the driver reads it."""
        hidden = {"CUDA_VISIBLE_DEVICES": ""} if self.device == "cpu" else {}
        threads = {} if self.threads is None else dict.fromkeys(THREADS, str(self.threads))
        return {**environment, **WHOLE_LOG, **hidden, **threads}
