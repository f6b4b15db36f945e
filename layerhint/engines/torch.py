"""The default engine: torchcaffe."""

import os
import sys
from pathlib import Path
from typing import Any

from layerhint import surgery
from layerhint.engines.engine import Engine
from layerhint.errors import LayerhintError


class TorchEngine(Engine):
    """torchcaffe, in this Python."""

    name = "torch"
    solver_mode = "GPU"  # As committed: torchcaffe takes the CPU where there is no GPU.

    def __init__(self, device: str | None) -> None:
        super().__init__(device)
        if device is not None and device != "cpu":
            import torchcaffe as caffe

            try:
                caffe.set_device(int(device.removeprefix("cuda:")))
            except Exception as error:
                raise LayerhintError(str(error)) from None

    def command(self) -> list[str]:
        return [sys.executable, "-m", "torchcaffe.cli"]

    def environment(self) -> dict[str, str]:
        return self._without_gpu(os.environ)

    def describe(self) -> dict[str, Any]:
        from importlib.metadata import version

        import torchcaffe

        return {"name": self.name, "version": torchcaffe.__version__, "torch": version("torch")}

    def operate(self, surgery_file: Path) -> None:
        import torchcaffe as caffe

        surgery.perform(caffe, surgery_file)
