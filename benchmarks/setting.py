"""What all engines of a run have in common: where they compute, and how."""

from dataclasses import dataclass

FLOAT32 = "float32"
CPU = "cpu"


@dataclass(frozen=True)
class Setting:
    """`device` is `cpu` or `cuda:N`; `threads` are the CPU threads of every engine.

    `precision` is that of PyTorch and of torchcaffe's fast path: float32, tf32 or bf16.
    """

    threads: int
    device: str = CPU
    precision: str = FLOAT32

    @property
    def on_gpu(self) -> bool:
        return self.device != CPU

    @property
    def gpu(self) -> str:
        """The number of the GPU."""
        return self.device.removeprefix("cuda:")
