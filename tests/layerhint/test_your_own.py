"""The walkthrough docs/your-own.md, followed to the letter in a clone of the repository."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from layerhint.paths import ROOT

GUIDE = (ROOT / "docs/your-own.md").read_text(encoding="utf-8")
CLONED = ("docs", "examples", "experiments", "layerhint", "templates", "tools", "torchcaffe")
TRAININGS = ("kd/net1", "hint-kd/stage1", "hint-kd/net1", "proposed/g1", "proposed/g2", "proposed/g3", "proposed/net1")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, flags=re.DOTALL | re.MULTILINE)


def test_what_the_guide_quotes_stands_in_the_example() -> None:
    files = [path.read_text(encoding="utf-8") for path in (ROOT / "examples/own").rglob("*.yaml")]
    quoted = blocks("yaml")
    assert len(quoted) == 4
    for block in quoted:
        assert any(block in text for text in files), block


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A copy of the repository in which every command of the guide has run, and what they printed."""
    root = tmp_path_factory.mktemp("clone")
    for folder in CLONED:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data/sample", root / "data/sample")
    environment = os.environ | {
        "PYTHONPATH": str(root),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "200",
    }
    done = subprocess.run(
        ["bash", "-e", "-c", "".join(blocks("sh"))],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    return root, done.stdout


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_commands_print_what_the_guide_says(clone: tuple[Path, str]) -> None:
    printed = clone[1]
    for line in "".join(blocks("text")).splitlines():
        assert line in printed
    assert "17 steps, 0 of them up to date; to do:" in printed
    assert "Teacher, stack" in printed
    assert "Proposed method" in printed
    assert re.search(r"stack: accuracy 0\.\d+ on the test images, 0\.2500 is chance", printed)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_step_left_its_record_and_the_teacher_did_not_move(clone: tuple[Path, str]) -> None:
    records = clone[0] / "runs/smoke/records"
    checked = json.loads((records / "objects/stack/test.json").read_text())
    assert 0 <= checked["final"]["accuracy"] <= 1
    digests = {}
    for name in TRAININGS:
        record = json.loads((records / f"objects/stack-resnet8/{name}.json").read_text())
        assert record["frozen"]["identical"], name
        assert record["frozen"]["teacher"] == "own/stack_iter_100.caffemodel"
        digests[name] = record["frozen"]["sha256"]
    whole = {digests[name] for name in TRAININGS if name.endswith("net1")}
    assert len(whole) == 1, "the nets of Stage 2 hold the whole teacher"
    assert digests["proposed/g1"] not in whole
    assert (clone[0] / "runs/smoke/report/index.html").is_file()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_is_written_outside_of_what_the_guide_names(clone: tuple[Path, str]) -> None:
    root = clone[0]
    made = {path.name for path in root.iterdir()} - {*CLONED, "data"}
    assert made == {"own", "runs"}
    assert {path.name for path in (root / "data").iterdir()} == {"sample", "objects"}
