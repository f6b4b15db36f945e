"""What the driver asks of an engine."""

import ctypes
import re
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from layerhint.errors import LayerhintError
from layerhint.folders import make_folder

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_DEVICE = re.compile(r"^(cpu|cuda:(\d+))$")


def _stop_with_parent() -> None:
    """In a child, before it becomes `caffe`: SIGTERM, and so a snapshot, should the driver die."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Engine(ABC):
    """Runs `caffe` commands, as child processes, and net surgery."""

    name: str

    def __init__(self, device: str | None) -> None:
        if device is not None and not _DEVICE.match(device):
            raise LayerhintError(f"there is no device '{device}': say cpu, or cuda:0 (cuda:1, ...)")
        self.device = device

    @abstractmethod
    def command(self) -> list[str]:
        """The `caffe` command, to which its arguments are appended."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The child processes' environment."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Name, version and what else tells this engine from another, for the records."""

    @abstractmethod
    def operate(self, surgery_file: Path) -> None:
        """Does what a surgery file declares."""

    @property
    @abstractmethod
    def solver_mode(self) -> Literal["GPU", "CPU"]:
        """The `solver_mode` that this engine's solvers must say."""

    def train(self, solver: str, weights: str | None, snapshot: str | None, log: Path) -> subprocess.Popen[bytes]:
        """Starts `caffe train`, its log appended to a file. It is out of the terminal's reach: a Ctrl-C there
        reaches the driver alone, which passes it on."""
        arguments = ["train", "-solver", solver, *self._gpu()]
        if snapshot is not None:
            arguments += ["-snapshot", snapshot]
        elif weights is not None:
            arguments += ["-weights", weights]
        make_folder(log.parent)
        with log.open("ab") as output:
            return subprocess.Popen(
                [*self.command(), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.environment(),
                start_new_session=True,
                preexec_fn=_stop_with_parent if sys.platform == "linux" else None,
            )

    def test(self, model: str, weights: str, iterations: int) -> list[str]:
        """Runs `caffe test` and gives its log lines; `LayerhintError` if it fails."""
        arguments = [
            "test",
            "-model",
            model,
            "-weights",
            weights,
            "-iterations",
            str(iterations),
            *self._gpu(),
        ]
        done = subprocess.run(
            [*self.command(), *arguments], capture_output=True, text=True, env=self.environment(), check=False
        )
        lines = done.stderr.splitlines()
        if done.returncode:
            last = lines[-1] if lines else "it printed nothing"
            raise LayerhintError(f"`caffe test -model {model} -weights {weights}` failed: {last}")
        return lines

    def _gpu(self) -> list[str]:
        if self.device is None or self.device == "cpu":
            return []
        return ["-gpu", self.device.removeprefix("cuda:")]

    def _without_gpu(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment, in which no GPU is seen if the device is the CPU."""
        hidden = {"CUDA_VISIBLE_DEVICES": ""} if self.device == "cpu" else {}
        return {**environment, **hidden}
