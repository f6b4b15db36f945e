"""Generated files of a small experiment, kept as files and read by hand against the paper's protocol.

No test writes them. After a change of the templates that is meant, render the experiment anew
(`python tools/render.py tests/cases/golden/small.yaml --out OUT`), read the difference, and copy the files, without
the `OUT/` before the names of other files.
"""

from pathlib import Path

import pytest

from layerhint.experiments.experiment import load_experiment
from layerhint.rendering.render import render

CASES = Path(__file__).parents[2] / "cases" / "golden"
PAIR = "cifar10/resnet14-resnet8"
GOLDEN = [
    "cifar10/resnet14/plain/train.prototxt",
    "cifar10/resnet8/plain/solver.prototxt",
    "cifar10/resnet8/plain/test.prototxt",
    "cifar10/resnet8/plain/deploy.prototxt",
    f"{PAIR}/proposed/g1_train.prototxt",
    f"{PAIR}/proposed/g2_train.prototxt",
    f"{PAIR}/proposed/g3_train.prototxt",
    f"{PAIR}/proposed/g2_solver.prototxt",
    f"{PAIR}/proposed/g2_surgery.yaml",
    f"{PAIR}/proposed/net2_solver.prototxt",
    f"{PAIR}/proposed/net2_surgery.yaml",
    f"{PAIR}/hint-kd/stage1_train.prototxt",
    f"{PAIR}/hint-kd-plus/stage1_train.prototxt",
    f"{PAIR}/kd/stage2_train.prototxt",
    f"{PAIR}/concurrent/stage1_train.prototxt",
    "cifar10/resnet8/sl-resnet/s2_train.prototxt",
    "cifar10/resnet8/sl-resnet/s2_solver.prototxt",
    "cifar10/resnet8/sl-resnet/s2_surgery.yaml",
    "cifar10/resnet8/sl-resnet/net1_solver.prototxt",
    "cifar10/resnet8/sl-resnet/stage2_train.prototxt",
    f"{PAIR}/sl-resnet-kd/net1_surgery.yaml",
]


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    return render(load_experiment(CASES / "small.yaml"))


@pytest.mark.parametrize("name", GOLDEN)
def test_generated_file_is_the_golden_one(rendered: dict[str, str], name: str) -> None:
    golden = CASES / "files" / name
    assert golden.is_file(), f"golden file {golden} is missing"
    assert rendered[f"generated/{name}"] == golden.read_text(encoding="utf-8")


def test_every_golden_file_is_compared() -> None:
    files = {path.relative_to(CASES / "files").as_posix() for path in (CASES / "files").rglob("*") if path.is_file()}
    assert files == set(GOLDEN)
