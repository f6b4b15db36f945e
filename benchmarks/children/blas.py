"""What a real Caffe's OpenBLAS says of itself, in one line; nothing where it has another BLAS.

`python -m benchmarks.children.blas`. It chooses its kernels by the processor, which an old one may not know.
"""

import ctypes
import sys
from importlib import import_module
from pathlib import Path

_MAPS = Path("/proc/self/maps")


def main() -> int:
    import_module("caffe")
    for path in loaded_libraries(_MAPS.read_text() if _MAPS.is_file() else ""):
        tell = ctypes.CDLL(path).openblas_get_config
        tell.restype = ctypes.c_char_p
        print(tell().decode())
    return 0


def loaded_libraries(maps: str) -> list[str]:
    """The system's OpenBLAS among the files that a process has mapped; numpy's own has another name."""
    files = {line.split(maxsplit=5)[5] for line in maps.splitlines() if len(line.split(maxsplit=5)) == 6}
    return sorted(file for file in files if Path(file).name.startswith("libopenblas"))


if __name__ == "__main__":
    sys.exit(main())
