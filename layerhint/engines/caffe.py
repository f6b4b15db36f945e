"""The engine that judges: a real Caffe, always in processes of its own."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from layerhint.engines.engine import Engine, Pycaffe
from layerhint.errors import LayerhintError
from layerhint.paths import ROOT
from layerhint.realcaffe import caffe_explanation
from layerhint.realcaffe.find import RealCaffe, find_real_caffe, open_root
from layerhint.realcaffe.gpu import Gpu, ask_for_gpu
from layerhint.records.run_lock import held


class CaffeEngine(Engine):
    """A real Caffe, found under its root. It and torchcaffe both define the protobuf package `caffe`, so
    neither is ever imported where the other is."""

    name = "caffe"

    def __init__(self, device: str | None, root: str | None = None) -> None:
        super().__init__(device)
        wants_gpu = device is not None and device != "cpu"
        self.caffe = open_root(Path(root)) if root else _find(wants_gpu)
        self._answer = ask_for_gpu(self.caffe)
        if wants_gpu and self._answer.gpu is not Gpu.READY:
            raise LayerhintError(f"--device {device}, at {self.caffe.root}: {self._answer.why}")

    @property
    def solver_mode(self) -> Literal["GPU", "CPU"]:
        return "GPU" if self._answer.gpu is Gpu.READY and self.device != "cpu" else "CPU"

    def command(self) -> list[str]:
        return [str(self.caffe.binary)]

    def environment(self) -> dict[str, str]:
        return self._for_child(self.caffe.environment)

    def describe(self) -> dict[str, str]:
        return {"name": self.name, "version": self.caffe.describe()}

    def pycaffe(self) -> Pycaffe:
        environment = self.environment()
        environment["PYTHONPATH"] = os.pathsep.join([environment["PYTHONPATH"], str(ROOT)])
        return Pycaffe(str(self.caffe.python), environment, "caffe")

    def operate(self, surgery_file: Path) -> None:
        pycaffe = self.pycaffe()
        done = subprocess.run(
            [pycaffe.python, "-m", "layerhint.engines.caffe_surgery", str(surgery_file)],
            capture_output=True,
            text=True,
            env=pycaffe.environment,
            check=False,
            pass_fds=held(),
        )
        if done.returncode:
            raise LayerhintError(f"{surgery_file}: {self.explain(done.stderr.splitlines(), done.returncode)}")

    def explain(self, printed: Sequence[str], status: int) -> str:
        """What Caffe said in its log, in plain words; or what a script of this package printed as its error."""
        return caffe_explanation.explain(printed, status) if status < 0 else super().explain(printed, status)


def _find(wants_gpu: bool) -> RealCaffe:
    """Finds a real Caffe. For a GPU, one with GPU code is preferred; any other can say what it lacks."""
    caffe = (find_real_caffe(cuda=True) if wants_gpu else None) or find_real_caffe()
    if caffe is None:
        raise LayerhintError(
            "there is no real Caffe here. Build one with `make caffe` (about ten minutes), or name one that "
            "you have by --caffe-root or the environment variable CAFFE_ROOT"
        )
    return caffe
