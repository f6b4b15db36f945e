"""The engines that run a step: torchcaffe, or a real Caffe.

Both are driven by the same `caffe` command line and the same pycaffe interface.
"""

from layerhint.engines.engine import FLOAT32, Engine
from layerhint.errors import LayerhintError

NAMES = ("torch", "caffe")
_MOST_THREADS = 1024
"""Not the number of cores here: a training from a larger machine goes on, bit for bit, with its number of threads."""


def get_engine(
    name: str,
    device: str | None,
    caffe_root: str | None = None,
    precision: str = FLOAT32,
    threads: int | None = None,
    elsewhere: bool = False,
) -> Engine:
    """The engine of this name on a device: `cpu`, `cuda:N`, or None for what the engine finds.

    `threads` are the CPU threads of each of its processes; None leaves the number to them. `elsewhere` says that other
    machines train with it: torchcaffe then does not check the GPUs of this machine. A real Caffe always does.

    `precision` is float32, as Caffe computes; of torchcaffe also tf32 or bf16.

    Raises:
        LayerhintError: there is no such engine, device, precision or number of threads, there is no real Caffe, or
            torchcaffe is given the root of a Caffe.
    """
    if threads is not None and not 1 <= threads <= _MOST_THREADS:
        raise LayerhintError(f"a step cannot have {threads} threads: give 1 to {_MOST_THREADS}")
    if name == "torch":
        if caffe_root is not None:
            raise LayerhintError(
                f"--caffe-root {caffe_root}: torchcaffe needs none. Add --engine caffe, or leave it out"
            )
        from layerhint.engines.torch import TorchEngine

        engine: Engine = TorchEngine(device, precision, elsewhere)
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
