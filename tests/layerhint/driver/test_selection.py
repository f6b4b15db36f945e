"""What the options choose: the folder of a run, and sweeps."""

import argparse
from pathlib import Path
from typing import Literal

import pytest
from fake_engine import FakeEngine

from layerhint.driver.options import make_parser
from layerhint.driver.selection import chosen_experiments, chosen_workspace
from layerhint.errors import LayerhintError


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


def test_a_sweep_may_concern_some_experiments_of_a_group() -> None:
    """Tables 5 and 6 alone have regressors."""
    chosen = chosen_experiments(parsed("cifar10", "--sweep", "regressor.std=0.1"))
    assert [e.name for e in chosen if e.base] == ["table5@regressor.std=0.1"]
