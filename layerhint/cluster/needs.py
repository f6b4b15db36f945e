"""What a step needs of a machine, and whether a cluster has such a machine at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerhint.engines.engine import TF32, Engine
from layerhint.errors import LayerhintError
from layerhint.machine import cores
from layerhint.wording import plural

Machine = Mapping[str, float]
"""A machine's resources, under Ray's names: CPU, GPU."""


class NoMachineError(LayerhintError):
    """No machine of the cluster has what a step needs."""


@dataclass(frozen=True)
class Needs:
    """The cores and GPUs (or the share of one) of a step. On a CPU it has a core for each of its threads."""

    cores: int
    gpus: float
    threads: int

    @property
    def device(self) -> str:
        """The device as the step's own process names it; Ray hides all other GPUs from it."""
        return "cuda:0" if self.gpus else "cpu"

    def __str__(self) -> str:
        share = "" if not self.gpus else f" and {'a GPU' if self.gpus == 1 else f'{self.gpus:g} of a GPU'}"
        return f"{plural(self.cores, 'core')}{share}"


def needs_of(engine: Engine, share: float, machines: Sequence[Machine]) -> Needs:
    """What each training needs on this cluster.

    That is the `share` of a GPU if the device is a GPU, or if the device is left open, the engine can use a GPU, and
    the cluster has one or the precision needs one; otherwise cores alone. Threads are as many as in a run on this
    machine alone, so that on CPUs the results are the same, bit for bit.
    Raises LayerhintError for a device that Ray cannot give, NoMachineError if no machine is large enough.
    """
    if engine.device not in (None, "cpu", "cuda:0"):
        raise LayerhintError(
            f"--device {engine.device}: with --ray, Ray chooses the GPU. Leave --device out, or say cpu"
        )
    may_choose = engine.device is None and engine.solver_mode == "GPU"
    takes_one = engine.precision == TF32 or any(m.get("GPU", 0) > 0 for m in machines)
    on_gpu = engine.device == "cuda:0" or (may_choose and takes_one)
    threads = engine.threads or _threads_of_plain_run(engine)
    needs = Needs(engine.threads or 1 if on_gpu else threads, share if on_gpu else 0.0, threads)
    if not any(m.get("CPU", 0) >= needs.cores and m.get("GPU", 0) >= needs.gpus for m in machines):
        largest = max((int(m.get("CPU", 0)) for m in machines), default=0)
        raise NoMachineError(
            f"a step needs {needs}, and no machine of the cluster has that; the largest has {largest} cores. "
            "--threads sets how many threads a step has, and --device cpu does without a GPU"
        )
    return needs


def _threads_of_plain_run(engine: Engine) -> int:
    if engine.name != "torch":
        return cores()
    import torch

    return torch.get_num_threads()
