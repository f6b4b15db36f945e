"""Every kernel compiles for a GPU, as it is launched, and needs no more shared memory than the GPU has."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

SHARED = {80: 163, 89: 99, 90: 227, 120: 99}
"""KiB of shared memory that a GPU of a compute capability gives to one program (CUDA's programming guide)."""
ALWAYS = 90
BLACKWELL, KNOWN_SINCE = 120, (3, 3)


@pytest.mark.parametrize("capability", [pytest.param(c, marks=[] if c == ALWAYS else pytest.mark.slow) for c in SHARED])
def test_each_kernel_compiles_and_fits(capability: int, tmp_path: Path) -> None:
    triton = pytest.importorskip("triton", reason="no Triton: `pip install triton`, or a CUDA build of PyTorch")
    if capability == BLACKWELL and tuple(map(int, triton.__version__.split(".")[:2])) < KNOWN_SINCE:
        pytest.skip(f"Triton {triton.__version__} does not know it")
    environment = os.environ | {"TRITON_CACHE_DIR": str(tmp_path)}
    environment.pop("TRITON_INTERPRET", None)
    script = Path(__file__).with_name("compile_only.py")
    command = [sys.executable, script, str(capability)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    compiled = [line.split() for line in done.stdout.splitlines()]
    assert {name for name, _ in compiled} == kernels()
    assert [line for line in compiled if int(line[1]) > SHARED[capability] << 10] == []


def kernels() -> set[str]:
    """The names of all functions in the modules of kernels."""
    folder = Path(inspect.getfile(__import__("torchcaffe"))).parent / "fast" / "gpu"
    sources = [(folder / name).read_text() for name in ("batch_norm.py", "convolution.py", "sgd.py")]
    lines = [line for source in sources for line in source.splitlines() if line.startswith("def ")]
    return {line.removeprefix("def ").partition("(")[0] for line in lines}
