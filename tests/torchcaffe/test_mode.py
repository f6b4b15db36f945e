"""The mode and the number of the GPU are two things. PyTorch is told to see two GPUs; nothing is built on them."""

from collections.abc import Iterator
from functools import partial

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
    mode._check_that_it_computes.cache_clear()
    monkeypatch.setattr(mode, "_compute", lambda index: None)
    monkeypatch.setattr(mode, "_capability", lambda index: (8, 0))
    monkeypatch.setattr(mode, "_name", lambda index: f"GPU {index} (Some GPU)")
    switches = (torch.backends.cudnn, torch.backends.cuda.matmul)
    before = [switch.allow_tf32 for switch in switches]
    yield
    mode._check_that_it_computes.cache_clear()
    mode.set_mode_cpu()
    mode.set_precision(Precision.FLOAT32)
    mode.set_device(0)
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


def exclusive(index: int) -> None:
    raise RuntimeError("CUDA error: CUDA-capable device(s) is/are busy or unavailable\nMore of it.")


def test_a_gpu_that_does_not_compute_is_refused_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mode, "_compute", exclusive)
    mode.set_mode_gpu()
    said = (
        r"^GPU 0 \(Some GPU\) was asked for, but PyTorch \S+ cannot compute on it: CUDA error: .* busy "
        r"or unavailable\. End what else uses it, install a PyTorch that is built for it, or use another "
    )
    with pytest.raises(DeviceError, match=said):
        mode.device()


def test_a_gpu_that_is_not_wanted_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Caffe's own train.py sets the mode before the device."""
    asked: list[int] = []
    monkeypatch.setattr(mode, "_compute", asked.append)
    mode.set_mode_gpu()
    mode.set_device(1)
    assert asked == []
    for _ in range(2):
        assert mode.device() == torch.device("cuda", 1)
    assert asked == [1]


@pytest.mark.parametrize("of_all", ["none", "ieee", "tf32"])
def test_what_a_program_has_said_for_all_of_pytorch_does_not_count(of_all: str, request: pytest.FixtureRequest) -> None:
    request.addfinalizer(partial(setattr, torch.backends, "fp32_precision", torch.backends.fp32_precision))
    torch.backends.fp32_precision = of_all
    mode.set_mode_gpu()
    for precision, products in (
        (Precision.TF32, "tf32"),
        (Precision.FLOAT32, "ieee"),
        (Precision.BF16, "ieee"),
        (Precision.TF32, "tf32"),
    ):
        mode.set_precision(precision)
        assert torch.backends.cudnn.conv.fp32_precision == products
        assert torch.backends.cuda.matmul.fp32_precision == products
        assert torch.backends.cudnn.allow_tf32 == torch.backends.cuda.matmul.allow_tf32 == (products == "tf32")


@pytest.mark.parametrize("wanted", [Precision.TF32, Precision.BF16])
def test_an_older_gpu_has_float32_only(wanted: Precision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mode, "_capability", lambda index: [(7, 5), (9, 0)][index])
    mode.set_mode_gpu()
    mode.set_precision(wanted)
    said = (
        f"^{wanted} needs a GPU of compute capability 8.0, and GPU 0 .Some GPU. has 7.5: choose float32, or another "
        "GPU$"
    )
    with pytest.raises(DeviceError, match=said):
        mode.device()
    mode.set_device(1)
    assert mode.device() == torch.device("cuda", 1)
    mode.set_device(0)
    monkeypatch.setattr(torch.version, "hip", "6.2")
    assert mode.device() == torch.device("cuda", 0)
