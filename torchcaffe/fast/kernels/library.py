"""Compiles the kernels of this folder once for the processor at hand, and loads them."""

import contextlib
import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch

from torchcaffe.errors import CaffeError
from torchcaffe.files import write_bytes_atomically

WIDTH = 16
"""Channels come in multiples of this many: the floats of the widest registers that a kernel may be compiled for."""

_COMPILERS = ("c++", "g++", "clang++")
_FLAGS = ("-std=c++17", "-O3", "-march=native", "-fopenmp", "-shared", "-fPIC")
_FOLDER = Path(__file__).parent
_PATIENCE = 120  # Seconds that compiling may take; it takes a few.

_WITHOUT_MEMORY = ("torchcaffe_sgd_update", "torchcaffe_transform_images", "torchcaffe_winograd_weights")
"""Kernels that allocate no memory, and so return no status."""

_long, _int, _real, _array = ctypes.c_int64, ctypes.c_int, ctypes.c_float, ctypes.c_void_p
# The first argument is the number of threads.
_SIGNATURES: dict[str, list[type]] = {
    "torchcaffe_batch_norm_forward": [*[_long] * 3, *[_array] * 4, _int, _real, _real, *[_array] * 4],
    "torchcaffe_batch_norm_backward": [*[_long] * 3, *[_array] * 5, _int, *[_array] * 4],
    "torchcaffe_sgd_update": [*[_long] * 2, *[_array] * 4, *[_real] * 4],
    "torchcaffe_transform_images": [*[_long] * 7, *[_array] * 2, _real, *[_array] * 4],
    "torchcaffe_winograd_weights": [*[_long] * 4, _array, _int, _array],
    "torchcaffe_winograd_forward": [*[_long] * 9, *[_array] * 4, _int, _array],
    "torchcaffe_winograd_weight_gradient": [*[_long] * 9, *[_array] * 3],
}


class _MissingError(Exception):
    """There are no compiled kernels here; the message says why."""


def library() -> ctypes.CDLL | None:
    """The kernels as C functions; None if there are none, and `fault` says why.

    They are kept in $XDG_CACHE_HOME/torchcaffe, else ~/.cache/torchcaffe, under a name made of a hash of the sources,
    the compiler and the processor. If they are not there, they are compiled in a few seconds; if the folder cannot be
    written to, they are not kept. $CXX names the compiler.
    """
    outcome = _outcome()
    return outcome if isinstance(outcome, ctypes.CDLL) else None


def fault() -> str:
    """Why `library` returns None, in a few words; empty if it does not."""
    outcome = _outcome()
    return "" if isinstance(outcome, ctypes.CDLL) else str(outcome)


@cache
def _outcome() -> ctypes.CDLL | _MissingError:
    try:
        compiler = _compiler()
        kept = _cache_folder() / f"kernels-{_fingerprint(compiler)}.so"
        with contextlib.suppress(OSError):
            return _load(kept)
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / kept.name
            _compile(compiler, made)
            with contextlib.suppress(OSError, CaffeError):
                kept.parent.mkdir(parents=True, exist_ok=True)
                write_bytes_atomically(kept, made.read_bytes())
            with contextlib.suppress(OSError):
                return _load(made)
            return _load(kept)  # If the temporary folder is mounted noexec.
    except (_MissingError, OSError) as error:
        return error if isinstance(error, _MissingError) else _MissingError(f"they cannot be loaded: {error}")


def run(kernel: Callable[..., int | None], *arguments: object) -> None:
    """Runs a kernel with PyTorch's number of threads. Raises MemoryError if it cannot allocate its arrays."""
    if kernel(torch.get_num_threads(), *arguments) == 0:
        raise MemoryError("a kernel's own arrays cannot be allocated")


def address(tensor: torch.Tensor | None) -> int | None:
    """The address of a tensor's values, for a kernel; None, a null pointer, for no tensor."""
    return None if tensor is None else tensor.data_ptr()


def _compiler() -> list[str]:
    """The compiler's command line; its first word is a full path."""
    try:
        named = shlex.split(os.environ.get("CXX", ""))
    except ValueError as error:
        raise _MissingError(f"$CXX cannot be read: {error}") from None
    for command in [named] if named else [[name] for name in _COMPILERS]:
        path = shutil.which(command[0])
        if path:
            return [path, *command[1:]]
    raise _MissingError(f"there is no C++ compiler {' or '.join(named[:1] or _COMPILERS)}")


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "torchcaffe"
    except RuntimeError as error:  # The system does not know the user.
        raise _MissingError(f"there is no folder to keep them in ({error}): set $XDG_CACHE_HOME") from None


def _sources() -> list[Path]:
    return sorted(_FOLDER.glob("*.cpp"))


def _fingerprint(compiler: list[str]) -> str:
    status = Path(compiler[0]).stat()
    parts = [*compiler, str(status.st_size), str(status.st_mtime_ns), *_FLAGS, _processor()]
    files = sorted(_FOLDER.glob("*.h")) + _sources()
    return hashlib.sha256("\n".join([*parts, *(file.read_text() for file in files)]).encode()).hexdigest()[:16]


def _processor() -> str:
    """A text that decides which instructions -march=native allows."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n", 1)[0].splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return "\n".join(line for line in lines if line.startswith(("model", "flags", "Features", "CPU")))


def _compile(compiler: list[str], file: Path) -> None:
    try:
        done = subprocess.run(
            [*compiler, *_FLAGS, "-o", str(file), *map(str, _sources())],
            capture_output=True, text=True, errors="replace", timeout=_PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _MissingError(f"{compiler[0]} has taken longer than {_PATIENCE} s") from None
    if done.returncode:
        lines = done.stderr.splitlines() or ["no word"]
        message = next((line for line in lines if "error" in line), lines[0])
        raise _MissingError(f"{compiler[0]} failed: {message.strip()}")


def _load(file: Path) -> ctypes.CDLL:
    loaded = ctypes.CDLL(str(file))
    for name, arguments in _SIGNATURES.items():
        function = getattr(loaded, name)
        function.argtypes, function.restype = arguments, None if name in _WITHOUT_MEMORY else _int
    return loaded
