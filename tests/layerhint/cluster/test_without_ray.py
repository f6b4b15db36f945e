"""Without --ray, nothing of Ray is imported; without Ray, --ray says what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

from layerhint.driver.pipeline import main
from layerhint.paths import ROOT
from layerhint.run_command import run_command

PLAN = """
import sys
from layerhint.driver.pipeline import main
assert main(["table1", "--profile", "smoke", "--plan", "--out", sys.argv[1]]) == 0
print("imported:", sorted(name for name in sys.modules if name.split(".")[0] in ("ray", "tensorboard")))
print("cluster:", sorted(name for name in sys.modules if name.startswith("layerhint.cluster")))
"""
ABSENT = """
import sys
sys.modules["ray"] = None
from layerhint.cluster.connection import connected
from layerhint.errors import LayerhintError
try:
    with connected("local"):
        pass
except LayerhintError as error:
    print(error)
"""


def python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return done.stdout


def test_a_plain_driver_imports_nothing_of_ray(tmp_path: Path) -> None:
    said = python(PLAN, f"{tmp_path}/run")
    assert "imported: []" in said
    assert "cluster: []" in said


def test_a_folder_that_other_machines_cannot_have(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(main, ["table1", "--profile", "smoke", "--out", f"{tmp_path}/run", "--ray", "local"]) == 1
    assert f"{tmp_path}/run lies outside the repository" in capsys.readouterr().err


def test_ray_that_is_not_installed() -> None:
    assert "pip install -e '.[cluster]'" in python(ABSENT)
