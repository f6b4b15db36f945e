"""What a build needs and this machine lacks, and the one command that installs it."""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

from layerhint.errors import LayerhintError


@dataclass(frozen=True)
class Package:
    """What Debian and conda-forge call a package."""

    debian: str
    conda: str


@dataclass(frozen=True)
class Library:
    """A C++ library: one of `headers` and one of `names` must be there."""

    package: Package
    headers: tuple[str, ...]
    names: tuple[str, ...]


BOOST_PYTHON = f"boost_python{sys.version_info.major}{sys.version_info.minor}"
COMPILER = Package("g++", "cxx-compiler")
PYTHON_HEADERS = Package("python3-dev", "python")
PYTHON_BOOST = Package("libboost-python-dev", "libboost-python-devel")
TOOLS = {
    "cmake": Package("cmake", "cmake"),
    "make": Package("make", "make"),
    "protoc": Package("protobuf-compiler", "libprotobuf"),
}


def _boost(name: str) -> Package:
    return Package(f"libboost-{name}-dev", "libboost-devel")


LIBRARIES = (
    Library(_boost("system"), ("boost/system/error_code.hpp",), ("boost_system",)),
    Library(_boost("thread"), ("boost/thread.hpp",), ("boost_thread",)),
    Library(_boost("filesystem"), ("boost/filesystem.hpp",), ("boost_filesystem",)),
    Library(_boost("regex"), ("boost/regex.hpp",), ("boost_regex",)),
    Library(PYTHON_BOOST, ("boost/python.hpp",), (BOOST_PYTHON,)),
    Library(Package("libgoogle-glog-dev", "glog"), ("glog/logging.h",), ("glog",)),
    Library(Package("libgflags-dev", "gflags"), ("gflags/gflags.h",), ("gflags",)),
    Library(Package("libprotobuf-dev", "libprotobuf"), ("google/protobuf/message.h",), ("protobuf",)),
    Library(Package("libhdf5-dev", "hdf5"), ("hdf5/serial/hdf5_hl.h", "hdf5_hl.h"), ("hdf5_serial_hl", "hdf5_hl")),
    Library(Package("liblmdb-dev", "lmdb"), ("lmdb.h",), ("lmdb",)),
    Library(Package("libopenblas-dev", "openblas"), ("cblas.h", "openblas/cblas.h"), ("openblas",)),
)


def require_everything() -> None:
    """Checks tools, headers, libraries and the interpreter's own packages.

    Raises:
        LayerhintError: something is missing; the message holds one line for apt, or in a conda environment for conda,
            and, if need be, one for pip.
    """
    packages = missing_packages()
    modules = [module for module in ("numpy", "google.protobuf") if not _importable(module)]
    if not packages and not modules:
        return
    lines = ["this machine lacks what a Caffe is built with; install it and call this again:"]
    if packages:
        lines += _for_conda(packages) if search_prefixes() else _for_debian(packages)
    if modules:
        names = " ".join(module.rpartition(".")[2] for module in modules)
        lines.append(f"  {sys.executable} -m pip install {names}")
    raise LayerhintError("\n".join(lines))


def _for_debian(packages: list[Package]) -> list[str]:
    sudo = "" if os.geteuid() == 0 else "sudo "
    names = " ".join(package.debian for package in packages)
    lines = [f"  {sudo}apt-get install -y --no-install-recommends {names}"]
    if PYTHON_BOOST in packages:
        lines.append(
            f"(lib{BOOST_PYTHON} belongs to Python {sys.version_info.major}.{sys.version_info.minor}: where "
            "the distribution has another Python, call this with that one, or from the conda environment)"
        )
    return lines


def _for_conda(packages: list[Package]) -> list[str]:
    names = ", ".join(sorted({package.conda for package in packages}))
    return ["  conda env update --file environment.yml", f"(the active environment lacks {names})"]


def missing_packages() -> list[Package]:
    """The packages of tools and libraries that are not there, in a fixed order."""
    missing = [] if shutil.which(compiler()) else [COMPILER]
    missing += [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        missing.append(PYTHON_HEADERS)
    if COMPILER in missing:
        # without a compiler nothing else can be asked; apt passes over what is installed
        return missing + [library.package for library in LIBRARIES]
    return missing + [library.package for library in LIBRARIES if not _usable(library)]


def compiler() -> str:
    """The C++ compiler that CMake takes too: $CXX, which conda sets, else c++."""
    return os.environ.get("CXX", "c++")


def find_nvcc() -> Path | None:
    """The CUDA compiler: $CUDACXX, the one on PATH, or the one in /usr/local/cuda."""
    for candidate in (os.environ.get("CUDACXX"), "nvcc", "/usr/local/cuda/bin/nvcc"):
        found = shutil.which(candidate) if candidate else None
        if found:
            return Path(found)
    return None


def search_prefixes() -> list[Path]:
    """Folders besides the system's own that hold include/ and lib/: the active conda environment."""
    conda = os.environ.get("CONDA_PREFIX")
    return [Path(conda)] if conda else []


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _usable(library: Library) -> bool:
    return _has_header(library.headers) and any(_links(name) for name in library.names)


def _has_header(headers: tuple[str, ...]) -> bool:
    condition = " || ".join(f"__has_include(<{header}>)" for header in headers)
    flags = [f"-I{prefix / 'include'}" for prefix in search_prefixes()]
    return _compiles(f"#if !({condition})\n#error missing\n#endif\n", ["-E", *flags])


def _links(name: str) -> bool:
    flags = [f"-L{prefix / 'lib'}" for prefix in search_prefixes()]
    return _compiles("", ["-shared", "-fPIC", *flags], [f"-l{name}"])


def _compiles(text: str, flags: list[str], libraries: list[str] | None = None) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "check.cpp"
        source.write_text(text, encoding="utf-8")
        command = [compiler(), *flags, "-o", str(source.with_suffix(".out")), str(source), *(libraries or [])]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
