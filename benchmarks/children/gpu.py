"""A GPU through CUDA's driver, which both PyTorch and a real Caffe use. Only this module calls CUDA itself.

It imports only the standard library, since a real Caffe's Python runs it too. Source: the CUDA driver API's reference.
"""

import ctypes
from ctypes import byref
from typing import Any

_DRIVER = "libcuda.so.1"
_NAME = 256


def number_of(device: str) -> "int | None":
    """The GPU's number in `cuda:N`; None for `cpu`."""
    return None if device == "cpu" else int(device.removeprefix("cuda:"))


class Gpu:
    """A GPU in this process, in the context that CUDA's runtime uses too.

    The process's memory is the fall of the device's free memory since the context was made. The driver counts that for
    all processes together, so no other process may take memory between `begin` and `end`.
    """

    def __init__(self, number: int, driver: Any = None) -> None:
        self._driver = _open() if driver is None else driver
        context = ctypes.c_void_p()
        self._call("cuDevicePrimaryCtxRetain", byref(context), _find(self._driver, number))
        self._call("cuCtxSetCurrent", context)
        self._before = 0
        self._held = self._peak = 0

    def begin(self) -> None:
        self._before = self._free()

    def synchronise(self) -> None:
        """Waits until the GPU has done all that this process asked it to, in any stream."""
        self._call("cuCtxSynchronize")

    def end(self) -> None:
        self._held += self._before - self._free()
        self._peak = max(self._peak, self._held)

    def peak_bytes(self) -> int:
        """The most memory held at any `end`. PyTorch and Caffe return none before the process ends."""
        return self._peak

    def _free(self) -> int:
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        self._call("cuMemGetInfo_v2", byref(free), byref(total))
        return free.value

    def _call(self, name: str, *arguments: Any) -> None:
        _call(self._driver, name, *arguments)


def gpu_name(number: int, driver: Any = None) -> str:
    """The GPU's name, such as `NVIDIA H100 80GB HBM3`."""
    driver = _open() if driver is None else driver
    name = ctypes.create_string_buffer(_NAME)
    _call(driver, "cuDeviceGetName", name, ctypes.c_int(_NAME), _find(driver, number))
    return name.value.decode()


def _open() -> Any:
    try:
        return ctypes.CDLL(_DRIVER)
    except OSError as error:
        from layerhint.errors import LayerhintError  # Importing it sets the level of torchcaffe's log.

        raise LayerhintError(f"the benchmarks need an NVIDIA GPU: {error}") from None


def _find(driver: Any, number: int) -> ctypes.c_int:
    device = ctypes.c_int()
    _call(driver, "cuInit", ctypes.c_uint(0))
    _call(driver, "cuDeviceGet", byref(device), ctypes.c_int(number))
    return device


def _call(driver: Any, name: str, *arguments: Any) -> None:
    status = getattr(driver, name)(*arguments)
    if status:
        raise RuntimeError(f"{name}: CUDA's driver answered with error {status}")
