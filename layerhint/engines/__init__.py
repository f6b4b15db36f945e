"""The engines that run a step: torchcaffe, or a real Caffe.

Both are driven by the same `caffe` command line and the same pycaffe interface.
"""

from layerhint.engines.engine import FLOAT32, Engine
from layerhint.errors import LayerhintError

NAMES = ("torch", "caffe")


def get_engine(
    name: str,
    device: str | None,
    caffe_root: str | None = None,
    precision: str = FLOAT32,
    threads: int | None = None,
) -> Engine:
    """The engine of this name on a device: `cpu`, `cuda:N`, or None for what the engine finds.

    `threads` are the CPU threads of each of its processes; None leaves it to them.

    `precision` is float32, as Caffe computes; of torchcaffe also tf32 or bf16.

    Raises:
        LayerhintError: no such engine, no real Caffe here, no such device, or a precision that it has not.
    """
    if threads is not None and threads < 1:
        raise LayerhintError(f"a step cannot have {threads} threads: give at least 1")
    if name == "torch":
        from layerhint.engines.torch import TorchEngine

        engine: Engine = TorchEngine(device, precision)
    elif name == "caffe":
        if precision != FLOAT32:
            raise LayerhintError(f"a real Caffe computes in {FLOAT32}: leave --precision {precision} out")
        from layerhint.engines.caffe import CaffeEngine

        engine = CaffeEngine(device, caffe_root)
    else:
        raise _unknown(name)
    engine.threads = threads
    return engine


def require_name(name: str) -> None:
    """Raises LayerhintError if there is no engine of this name."""
    if name not in NAMES:
        raise _unknown(name)


def _unknown(name: str) -> LayerhintError:
    return LayerhintError(f"there is no engine '{name}': choose one of {', '.join(NAMES)}")
