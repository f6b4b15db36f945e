"""The calls to CUDA's driver, on one that is made up."""

import ctypes
from typing import Any

import pytest

from benchmarks.children import gpu
from benchmarks.children.device import Cpu, open_device
from benchmarks.children.gpu import Gpu, gpu_name, number_of
from layerhint.errors import LayerhintError

DEVICE, CONTEXT = 3, 0xC0


class Driver:
    """The driver's functions on GPU 1 of this machine. What `byref` refers to is its `_obj`."""

    def __init__(self, free: list[int]) -> None:
        self.free, self.calls = free, list[str]()

    def cuInit(self, flags: ctypes.c_uint) -> int:  # noqa: N802
        return int(flags.value != 0)

    def cuDeviceGet(self, device: Any, number: ctypes.c_int) -> int:  # noqa: N802
        device._obj.value = DEVICE
        return 0 if number.value == 1 else 101

    def cuDeviceGetName(self, name: Any, length: ctypes.c_int, device: ctypes.c_int) -> int:  # noqa: N802
        assert ctypes.sizeof(name) == length.value
        assert device.value == DEVICE
        name.value = b"Some GPU"
        return 0

    def cuDevicePrimaryCtxRetain(self, context: Any, device: ctypes.c_int) -> int:  # noqa: N802
        assert device.value == DEVICE
        context._obj.value = CONTEXT
        return 0

    def cuCtxSetCurrent(self, context: ctypes.c_void_p) -> int:  # noqa: N802
        return int(context.value != CONTEXT)

    def cuCtxSynchronize(self) -> int:  # noqa: N802
        self.calls.append("synchronise")
        return 0

    def cuMemGetInfo_v2(self, free: Any, total: Any) -> int:  # noqa: N802
        free._obj.value, total._obj.value = self.free.pop(0), 1000
        return 0


def test_memory_is_what_the_device_has_less_of_after_the_processs_own_work() -> None:
    """It takes 100, then others take 500, then it gives back 30, then it takes 50: 100, 70, 120."""
    device = Gpu(1, Driver([900, 800, 300, 330, 330, 280]))
    peaks = []
    for _ in range(3):
        device.begin()
        device.end()
        peaks.append(device.peak_bytes())
    assert peaks == [100, 100, 120]


def test_it_waits_for_the_gpu() -> None:
    driver = Driver([])
    Gpu(1, driver).synchronise()
    assert driver.calls == ["synchronise"]


def test_the_name_needs_no_context() -> None:
    assert gpu_name(1, Driver([])) == "Some GPU"


def test_what_the_driver_refuses_is_named() -> None:
    with pytest.raises(RuntimeError, match=r"^cuDeviceGet: CUDA's driver answered with error 101$"):
        Gpu(2, Driver([]))


def test_without_nvidias_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a PyTorch for AMD's GPUs calls them `cuda`, too."""
    monkeypatch.setattr(gpu, "_DRIVER", "libcuda-of-nobody.so.1")
    for ask in (Gpu, gpu_name):
        with pytest.raises(LayerhintError, match=r"^the benchmarks need an NVIDIA GPU: libcuda-of-nobody\.so\.1: "):
            ask(0)


def test_devices_by_name() -> None:
    assert (number_of("cpu"), number_of("cuda:12")) == (None, 12)
    assert isinstance(open_device("cpu"), Cpu)
