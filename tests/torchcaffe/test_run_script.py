"""`python -m torchcaffe script.py`: scripts for pycaffe, run as they are. Each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
import beside
import caffe
from caffe import layers as L, params as P

print(__name__, sys.argv, sys.path[0], __file__)
print(caffe.__name__, caffe.NetSpec, P.Pooling.AVE, beside.caffe is caffe)
assert sys.modules["__main__"].__dict__ is globals()
sys.exit(3)
"""


def run(folder: Path, *arguments: str, flags: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", *flags, "-m", "torchcaffe", *arguments]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a script in a folder of its own, and a module that only stands beside it."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "script.py").write_text(SCRIPT)
    (tmp_path / "scripts" / "beside.py").write_text("import caffe")
    return tmp_path


def test_a_script_runs_as_python_runs_it(folder: Path) -> None:
    """As `python scripts/script.py -a --help` does, but for where `caffe` comes from."""
    done = run(folder, "scripts/script.py", "-a", "--help")
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.splitlines() == [
        f"__main__ ['scripts/script.py', '-a', '--help'] {folder / 'scripts'} {folder / 'scripts/script.py'}",
        "torchcaffe <class 'torchcaffe.net_spec.NetSpec'> 1 True",
    ]


def test_a_safe_path_stays_safe(folder: Path) -> None:
    done = run(folder, "scripts/script.py", flags=("-P",))
    assert "No module named 'beside'" in done.stderr


def test_without_a_script_it_says_what_it_is_for(folder: Path) -> None:
    for arguments in ((), ("--help",)):
        done = run(folder, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("usage: python -m torchcaffe SCRIPT [ARGUMENT ...]\n")
    done = run(folder, "train", "-solver", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: there is no script 'train'\n\nusage: ")
    assert "python -m torchcaffe.cli" in done.stderr
