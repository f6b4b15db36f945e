"""The machine that measured something."""

import os
import platform
from pathlib import Path


def cores() -> int:
    """The CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe_machine() -> str:
    """The CPU by name, with the cores that this process may use: `AMD EPYC 9654, 2 cores`."""
    count = cores()
    return f"{cpu_name()}, {count} core{'s' if count != 1 else ''}"


def cpu_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The CPU's name as Linux knows it; elsewhere, what Python calls it."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()
