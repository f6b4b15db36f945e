"""What the options choose: the folder of a run, and sweeps."""

import argparse
from pathlib import Path
from typing import Literal

import pytest
from fake_engine import FakeEngine

from layerhint.driver.options import make_parser
from layerhint.driver.selection import chosen_experiments, chosen_workspace
from layerhint.errors import LayerhintError
from layerhint.paths import ROOT


def parsed(*arguments: str) -> argparse.Namespace:
    return make_parser().parse_args(arguments)


def folder(name: str, mode: Literal["CPU", "GPU"], *arguments: str) -> Path:
    engine = FakeEngine(None)
    engine.name, engine.solver_mode = name, mode
    options = parsed("table1", *arguments)
    return chosen_workspace(options, chosen_experiments(options), engine, None).folder


@pytest.mark.parametrize("mode", ["CPU", "GPU"])
def test_the_repository_s_own_folders_are_torchcaffe_s(mode: Literal["CPU", "GPU"]) -> None:
    assert folder("torch", "GPU") == Path("runs/paper")
    assert folder("caffe", mode) == Path("runs/table1-caffe")
    assert folder("caffe", mode, "--scale", "0.01") == Path("runs/table1-scale0.01-caffe")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fig7", "regressor.std=0.1"),
        ("table1", "lambda=5"),
        ("table1", "accuracy_taken=last,best"),
        ("table3", "batch_size.student=32"),
    ],
)
def test_a_sweep_without_any_variant_is_refused(name: str, text: str) -> None:
    with pytest.raises(LayerhintError, match=f"--sweep {text}: no training of {name} differs under any"):
        chosen_experiments(parsed(name, "--sweep", text))


def test_a_value_that_a_sweep_cannot_have_is_told_with_the_sweep() -> None:
    with pytest.raises(LayerhintError, match=r"^--sweep lambda=3,abc: --set lambda=abc: `kd\.lambda`: [^()]*$"):
        chosen_experiments(parsed("table1", "--sweep", "lambda=3,abc"))


def test_a_sweep_may_concern_some_experiments_of_a_group() -> None:
    """Tables 5 and 6 alone have regressors."""
    chosen = chosen_experiments(parsed("cifar10", "--sweep", "regressor.std=0.1"))
    assert [e.name for e in chosen if e.base] == ["table5@regressor.std=0.1"]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("table1", "runs/paper"),
        ("cifar10", "runs/paper"),
        ("table1 --methods kd --nets 1", "runs/paper"),
        ("table1 --set averaging=predictions", "runs/paper"),
        ("table1 --scale 0.01", "runs/table1-scale0.01"),
        ("table1 --profile smoke", "runs/smoke"),
        ("table1 --methods kd,proposed --nets 1 --set lambda=4", "runs/table1-lambda=4"),
        ("table1 --nets 5 --independent-stage1", "runs/table1-nets5-independent-stage1"),
        ("table1 --teacher-from my.caffemodel", "runs/table1-teacher-my"),
        ("table1 --sweep lambda=3,4,5,6,7", "runs/table1-sweep-lambda"),
        ("sensitivity table1", "runs/table1-sensitivity"),
        (
            "table1 --sweep tau=2 --scale 0.5 --nets 4 --set momentum=0.8 --set lambda=4 --teacher-from a/b.caffemodel",
            "runs/table1-sweep-tau-scale0.5-nets4-teacher-b-lambda=4-momentum=0.8",
        ),
        (f"{ROOT}/experiments/table1.yaml --scale 0.01", "runs/table1-scale0.01"),
    ],
)
def test_the_folder_of_each_command_of_the_readme(arguments: str, wanted: str) -> None:
    """Only the paper's protocol as committed goes where its weights are; what else there is, nowhere near it."""
    options = parsed(*arguments.split())
    engine = FakeEngine(None)
    engine.name = "torch"
    workspace = chosen_workspace(options, chosen_experiments(options), engine, None)
    assert workspace.folder == Path(wanted)
    assert (workspace.layout.weights == "weights") == (wanted == "runs/paper")


def test_a_sweep_and_a_sensitivity_are_the_experiment_and_its_variants() -> None:
    swept = chosen_experiments(parsed("table1", "--sweep", "lambda=3,4,5", "--methods", "kd"))
    assert [(e.name, e.base is None) for e in swept] == [
        ("table1", True), ("table1@lambda=3", False), ("table1@lambda=4", False),
    ]  # fmt: skip
    varied = chosen_experiments(parsed("sensitivity", "table1"))
    assert varied[0].name == "table1"
    assert {e.name for e in varied[1:]} >= {"table1@shortcut=projection", "table1@mean=channel"}
