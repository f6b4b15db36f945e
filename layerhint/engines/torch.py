"""The default engine: torchcaffe."""

import os
import sys
from pathlib import Path

from layerhint.engines.engine import FLOAT32, TF32, Engine, Pycaffe
from layerhint.errors import LayerhintError
from layerhint.surgery import surgery

_PRECISIONS = (FLOAT32, TF32, "bf16")


class TorchEngine(Engine):
    """torchcaffe, in this Python."""

    name = "torch"
    solver_mode = "GPU"  # As committed: torchcaffe takes the CPU where there is no GPU.

    def __init__(self, device: str | None, precision: str = FLOAT32, elsewhere: bool = False) -> None:
        super().__init__(device, precision)
        if precision not in _PRECISIONS:
            raise LayerhintError(f"there is no precision '{precision}': choose one of {', '.join(_PRECISIONS)}")
        self.elsewhere = elsewhere
        if device is not None and device != "cpu" and not elsewhere:
            _require_gpu(device, int(device.removeprefix("cuda:")))
        if precision == TF32 and (device == "cpu" or not (elsewhere or self.on_gpu)):
            raise LayerhintError(
                f"--precision {TF32} is a way in which GPUs compute: choose one with --device, or {FLOAT32}"
            )

    @property
    def on_gpu(self) -> bool:
        if self.device is not None:
            return self.device != "cpu"
        import torch

        return torch.cuda.is_available()

    def command(self) -> list[str]:
        return [sys.executable, "-m", "torchcaffe.cli"]

    def environment(self) -> dict[str, str]:
        return self._for_child(os.environ)

    def describe(self) -> dict[str, str]:
        from importlib.metadata import version

        import torchcaffe

        return {"name": self.name, "version": torchcaffe.torchcaffe_version, "torch": version("torch")}

    def pycaffe(self) -> Pycaffe:
        return Pycaffe(sys.executable, self.environment(), "torchcaffe")

    def operate(self, surgery_file: Path) -> None:
        import torchcaffe as caffe

        surgery.perform(caffe, surgery_file)


def _require_gpu(device: str, number: int) -> None:
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if number >= count:
        gpus = f"only {count} GPU(s)" if count else "no GPU"
        remedy = f"Choose one of cuda:0 to cuda:{count - 1}" if count else "Install a PyTorch that is built for CUDA"
        raise LayerhintError(
            f"--device {device}: PyTorch {torch.__version__} sees {gpus} here. {remedy}, or say --device cpu"
        )
