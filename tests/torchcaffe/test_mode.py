"""The mode and the number of the GPU are two things. PyTorch is told to see two GPUs; nothing is built on them."""

from collections.abc import Iterator

import pytest
import torch

from torchcaffe import mode
from torchcaffe.errors import DeviceError
from torchcaffe.precision import Precision

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    switches = (torch.backends.cudnn, torch.backends.cuda.matmul)
    before = [switch.allow_tf32 for switch in switches]
    yield
    mode.set_device(0)
    mode.set_mode_cpu()
    for switch, value in zip(switches, before, strict=True):
        switch.allow_tf32 = value


def test_a_device_that_is_set_does_not_switch_to_it() -> None:
    mode.set_mode_cpu()
    mode.set_device(1)
    assert mode.device() == CPU
    with pytest.raises(DeviceError, match="tf32"):
        mode.set_precision(Precision.TF32)
    mode.set_mode_gpu()
    assert mode.device() == torch.device("cuda", 1)


def test_the_device_outlives_a_time_on_the_cpu() -> None:
    mode.set_device(1)
    mode.set_mode_cpu()
    assert mode.device() == CPU
    mode.set_mode_gpu()
    assert mode.device() == torch.device("cuda", 1)
    mode.set_device(0)
    assert mode.device() == torch.device("cuda", 0)


def test_gpu_0_is_the_default() -> None:
    mode.set_mode_gpu()
    assert mode.device() == torch.device("cuda", 0)


@pytest.mark.parametrize("index", [-1, 2])
def test_a_gpu_that_is_not_there_is_refused_and_changes_nothing(index: int) -> None:
    mode.set_device(1)
    with pytest.raises(DeviceError, match=f"GPU {index} was asked for, but PyTorch .* sees 2 GPU"):
        mode.set_device(index)
    mode.set_mode_gpu()
    assert mode.device() == torch.device("cuda", 1)


def test_without_a_gpu_the_mode_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(DeviceError, match="GPU 0 was asked for"):
        mode.set_mode_gpu()
    assert mode.device() == CPU
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
