"""Launches a kernel."""

from typing import Any

import torch


def launch(kernel: Any, programs: tuple[int, ...], *arguments: Any, **constants: Any) -> None:
    """Runs a kernel on a grid of `programs`, on the device of its first argument, which need not be the current one."""
    with torch.cuda.device_of(arguments[0]):  # type: ignore[no-untyped-call]
        kernel[programs](*arguments, **constants)
