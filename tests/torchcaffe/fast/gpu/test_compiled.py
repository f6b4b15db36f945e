"""Every kernel compiles for a GPU, as it is launched."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_each_kernel_compiles(tmp_path: Path) -> None:
    pytest.importorskip("triton", reason="no Triton: `pip install triton`, or a CUDA build of PyTorch")
    environment = os.environ | {"TRITON_CACHE_DIR": str(tmp_path)}
    environment.pop("TRITON_INTERPRET", None)
    script = Path(__file__).with_name("compile_only.py")
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {*done.stdout.split()} == kernels()


def kernels() -> set[str]:
    """The names of all functions in the modules of kernels."""
    folder = Path(inspect.getfile(__import__("torchcaffe"))).parent / "fast" / "gpu"
    sources = [(folder / name).read_text() for name in ("batch_norm.py", "convolution.py", "sgd.py")]
    lines = [line for source in sources for line in source.splitlines() if line.startswith("def ")]
    return {line.removeprefix("def ").partition("(")[0] for line in lines}
