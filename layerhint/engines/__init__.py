"""The engines that run a step: torchcaffe, or a real Caffe.

Both are driven by the same `caffe` command line and the same pycaffe interface.
"""

from layerhint.engines.engine import Engine
from layerhint.errors import LayerhintError

NAMES = ("torch", "caffe")


def get_engine(name: str, device: str | None, caffe_root: str | None = None) -> Engine:
    """The engine of this name on a device (`cpu`, `cuda:N`, or None for what the engine finds).

    Raises:
        LayerhintError: no such engine, no real Caffe here, or no such device.
    """
    if name == "torch":
        from layerhint.engines.torch import TorchEngine

        return TorchEngine(device)
    if name == "caffe":
        from layerhint.engines.caffe import CaffeEngine

        return CaffeEngine(device, caffe_root)
    raise LayerhintError(f"there is no engine '{name}': choose one of {', '.join(NAMES)}")
