"""What the last bits of a run depend on besides its files: versions, device, precision, threads, path.

A snapshot holds it, so that a resumed run can compute like the run before, or say that it cannot.
"""

import os
from typing import TYPE_CHECKING, TypedDict

import torch

import torchcaffe
from torchcaffe import mode
from torchcaffe.fast.own_kernels import own_kernels

if TYPE_CHECKING:
    from torchcaffe.net import Net

PLAIN = "layer by layer"


class RunSetting(TypedDict):
    """`instructions` are the CPU instructions that PyTorch uses (`AVX512`); `way` is `layer by layer`, or `fused` with
    the name of this project's own kernels, if there are any."""

    torchcaffe: str
    torch: str
    device: str
    precision: str
    instructions: str
    threads: int
    way: str


def setting_of(net: "Net") -> RunSetting:
    """The setting in which a net computes now."""
    return {
        "torchcaffe": torchcaffe.torchcaffe_version,
        "torch": torch.__version__,
        "device": str(net.place.device),
        "precision": str(mode.precision()),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "way": _way(net),
    }


def difference(then: RunSetting, now: RunSetting) -> str:
    """The differences, as `threads 2, before 1`; empty if there are none."""
    old, new = dict(then), dict(now)
    return ", ".join(f"{key} {new[key]}, before {old[key]}" for key in new if new[key] != old[key])


def threads_to_keep(then: RunSetting) -> int | None:
    """The threads of the run before; None if there are fewer cores here, which compute faster with fewer threads."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return then["threads"] if then["threads"] <= max(cores, torch.get_num_threads()) else None


def _way(net: "Net") -> str:
    if net.program is None:
        return PLAIN
    own = own_kernels(net.place.device, net.place.dtype)
    return f"fused, {own}" if own else "fused"
