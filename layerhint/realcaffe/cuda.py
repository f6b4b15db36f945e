"""What CMake is told about CUDA: the compiler, the architectures, and where cuBLAS and cuRAND may be."""

import sysconfig
from pathlib import Path

from layerhint.realcaffe.prerequisites import find_nvcc
from layerhint.realcaffe.recipe import Options


def cuda_settings(options: Options) -> dict[str, str]:
    """CMake's variables for a CUDA build.

    cuBLAS and cuRAND are looked for in the toolkit first, then in PyPI's `nvidia-cublas` and
    `nvidia-curand`, which unpack below site-packages/nvidia.
    """
    return {
        "CMAKE_CUDA_COMPILER": str(find_nvcc()),
        "CMAKE_CUDA_ARCHITECTURES": options.cuda_architectures,
        "CUDA_WHEELS": ";".join(map(str, wheel_folders())),
    }


def wheel_folders() -> list[Path]:
    """Folders of NVIDIA's wheels in this environment that hold include/ and lib/."""
    below = Path(sysconfig.get_path("purelib")) / "nvidia"
    return sorted(folder for folder in below.glob("*") if (folder / "lib").is_dir())
