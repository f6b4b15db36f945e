"""What a step needs of a machine."""

import pytest
import torch

from layerhint.cluster.needs import Machine, NoMachineError, needs_of
from layerhint.engines.torch import TorchEngine
from layerhint.errors import LayerhintError

CPUS: list[Machine] = [{"CPU": 2.0}, {"CPU": 64.0}]
GPUS: list[Machine] = [{"CPU": 2.0}, {"CPU": 16.0, "GPU": 4.0}]


def engine(device: str | None = None, threads: int | None = None) -> TorchEngine:
    made = TorchEngine(None)
    made.device, made.threads = device, threads
    return made


def test_on_cpus_a_core_for_each_thread_of_a_plain_run() -> None:
    needs = needs_of(engine(), 1, CPUS)
    count = torch.get_num_threads()
    assert (needs.cores, needs.gpus, needs.threads, needs.device) == (count, 0, count, "cpu")
    assert needs_of(engine(threads=3), 1, CPUS).cores == 3


def test_a_gpu_where_there_is_one_or_a_share_of_it() -> None:
    whole, share = needs_of(engine(), 1, GPUS), needs_of(engine(), 0.25, GPUS)
    assert (whole.cores, whole.gpus, whole.device) == (1, 1, "cuda:0")
    assert (share.gpus, str(share)) == (0.25, "1 core and 0.25 of a GPU")
    assert needs_of(engine("cpu", 2), 1, GPUS).gpus == 0


def test_no_gpu_for_a_caffe_that_cannot_use_one() -> None:
    cpu_build = engine()
    cpu_build.solver_mode = "CPU"
    needs = needs_of(cpu_build, 1, GPUS)
    assert (needs.gpus, needs.device) == (0, "cpu")


def test_tf32_takes_a_gpu() -> None:
    rounding = TorchEngine(None, "tf32", elsewhere=True)
    assert needs_of(rounding, 1, GPUS).device == "cuda:0"
    for machines in ([], CPUS):  # One that has a GPU may still come.
        with pytest.raises(NoMachineError, match="a GPU, and no machine"):
            needs_of(rounding, 1, machines)


def test_mistakes() -> None:
    with pytest.raises(LayerhintError, match=r"needs 65 cores, and no machine .* the largest has 64 cores"):
        needs_of(engine(threads=65), 1, CPUS)
    with pytest.raises(LayerhintError, match="a GPU, and no machine"):
        needs_of(engine("cuda:0"), 1, CPUS)
    with pytest.raises(LayerhintError, match="Ray chooses the GPU"):
        needs_of(engine("cuda:1"), 1, GPUS)
