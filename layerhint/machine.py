"""The machine that measured something."""

import os
import platform
from pathlib import Path

from layerhint.wording import plural

_CPUINFO = Path("/proc/cpuinfo")
_VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2", "avx": "AVX"}


def cores() -> int:
    """The CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe_machine() -> str:
    """The CPU by name, with the cores that this process may use: `AMD EPYC 9654 with AVX-512, 2 cores`."""
    return f"{cpu_name()}, {plural(cores(), 'core')}"


def cpu_name(cpuinfo: Path = _CPUINFO) -> str:
    """The CPU's name as Linux knows it, and its vector instructions; elsewhere, what Python calls it.

    Virtual machines tell half of a name, and the instructions decide about speed.
    """
    fields = _read(cpuinfo)
    flags = fields.get("flags", "").split()
    vectors = next((name for flag, name in _VECTORS.items() if flag in flags), None)
    name = fields.get("model name") or platform.processor() or platform.machine()
    return f"{name} with {vectors}" if vectors else name


def _read(cpuinfo: Path) -> dict[str, str]:
    """The fields of the first core."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8").split("\n\n", 1)[0].splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines)
    return {key.strip(): value.strip() for key, _, value in pairs}
