"""How a kernel is launched."""

from typing import Any

import torch


def launch(kernel: Any, programs: tuple[int, ...], *arguments: Any, **constants: Any) -> None:
    """Runs so many programs of a kernel, on the device of its first argument, which need not be the current one."""
    with torch.cuda.device_of(arguments[0]):  # type: ignore[no-untyped-call]
        kernel[programs](*arguments, **constants)
