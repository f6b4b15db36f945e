"""Prints the configuration of a real Caffe's OpenBLAS in one line; nothing if Caffe has another BLAS.

`python -m benchmarks.children.blas`. OpenBLAS chooses kernels by the processor, and an old one may not know this one.
"""

import ctypes
import sys
from importlib import import_module
from pathlib import Path

_MAPS = Path("/proc/self/maps")


def main() -> int:
    import_module("caffe")
    for path in loaded_libraries(_MAPS.read_text() if _MAPS.is_file() else ""):
        get_config = ctypes.CDLL(path).openblas_get_config
        get_config.restype = ctypes.c_char_p
        print(get_config().decode())
    return 0


def loaded_libraries(maps: str) -> list[str]:
    """The paths of the system's OpenBLAS in `/proc/self/maps`; numpy's own has another name."""
    files = {line.split(maxsplit=5)[5] for line in maps.splitlines() if len(line.split(maxsplit=5)) == 6}
    return sorted(file for file in files if Path(file).name.startswith("libopenblas"))


if __name__ == "__main__":
    sys.exit(main())
