"""The engine that judges: a real Caffe, always in processes of its own."""

import os
import subprocess
from pathlib import Path
from typing import Any, Literal

from layerhint.engines.engine import Engine
from layerhint.errors import LayerhintError
from layerhint.paths import ROOT
from layerhint.realcaffe.find import find_real_caffe, open_root


class CaffeEngine(Engine):
    """A real Caffe, found under its root. It and torchcaffe both define the protobuf package `caffe`, so
    neither is ever imported where the other is."""

    name = "caffe"

    def __init__(self, device: str | None, root: str | None = None) -> None:
        super().__init__(device)
        found = open_root(Path(root)) if root else find_real_caffe(cuda=(device or "").startswith("cuda"))
        if found is None:
            raise LayerhintError(
                "there is no real Caffe here. Build one with `make caffe` (about ten minutes), or name one that "
                "you have by --caffe-root or the environment variable CAFFE_ROOT"
            )
        self.caffe = found
        self.cuda = bool(found.manifest.get("options", {}).get("cuda"))
        if device is not None and device != "cpu" and not self.cuda:
            raise LayerhintError(
                f"device {device} was asked for, but the Caffe at {found.root} is built for the CPU alone. "
                "Build it with `python tools/build_caffe.py --cuda`, or leave --device out"
            )

    @property
    def solver_mode(self) -> Literal["GPU", "CPU"]:
        return "GPU" if self.cuda and self.device != "cpu" else "CPU"

    def command(self) -> list[str]:
        return [str(self.caffe.binary)]

    def environment(self) -> dict[str, str]:
        return self._without_gpu(self.caffe.environment)

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "version": self.caffe.describe()}

    def operate(self, surgery_file: Path) -> None:
        environment = self.environment()
        environment["PYTHONPATH"] = os.pathsep.join([environment["PYTHONPATH"], str(ROOT)])
        environment.setdefault("GLOG_minloglevel", "2")
        done = subprocess.run(
            [str(self.caffe.python), "-m", "layerhint.engines.caffe_surgery", str(surgery_file)],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["it printed nothing"]
            raise LayerhintError(f"{surgery_file}: {lines[-1].removeprefix('error: ')}")
