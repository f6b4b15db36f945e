"""Each example shows how it is used when it is asked for that, and does nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("example", ["classify.py", "own/make_images.py"])
def test_help(example: str, tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / example), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"usage: {Path(example).name} [-h]")
    assert not list(tmp_path.iterdir())
