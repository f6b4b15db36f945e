"""What a step needs of a machine, and whether a cluster has such a machine at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerhint.engines.engine import TF32, Engine
from layerhint.errors import LayerhintError
from layerhint.machine import cores
from layerhint.wording import plural

Machine = Mapping[str, float]
"""What a machine has, under Ray's names: CPU, GPU."""


class NoMachineError(LayerhintError):
    """No machine of the cluster has what a step needs."""


@dataclass(frozen=True)
class Needs:
    """Cores, and GPUs or a share of one. On a CPU a step has a core for each of its threads."""

    cores: int
    gpus: float
    threads: int

    @property
    def device(self) -> str:
        """As the step's own process names it: Ray shows it no other GPU."""
        return "cuda:0" if self.gpus else "cpu"

    def __str__(self) -> str:
        share = "" if not self.gpus else f" and {'a GPU' if self.gpus == 1 else f'{self.gpus:g} of a GPU'}"
        return f"{plural(self.cores, 'core')}{share}"


def needs_of(engine: Engine, share: float, machines: Sequence[Machine]) -> Needs:
    """What each training needs on this cluster: a share of a GPU, if there is one, or its precision is a GPU's, and the
    engine can compute on it and the CPU is not asked for.

    The threads are those that a plain run here would have, so that on CPUs the results are the same, bit for bit.
    Raises LayerhintError for a device that cannot be, NoMachineError where no machine is large enough.
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
