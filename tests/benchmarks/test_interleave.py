"""Turns of processes; what they measure is not tested, for it is time."""

import os
import sys
from pathlib import Path

import pytest

from benchmarks.child import Child, Command
from benchmarks.children.device import resident_peak
from benchmarks.images import KINDS, make_images
from benchmarks.interleave import Pace, interleave, runs_a_turn
from benchmarks.pytorch.recipe import Recipe
from layerhint.errors import LayerhintError
from layerhint.paths import ROOT

RECIPE = Recipe(8, None, (), 1.0, None, 1, 10, 3, 28, False, 0.1, 0.9, 0.0001)


def reading(*arguments: object) -> Command:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return Command("PyTorch", sys.executable, "pytorch_data", ["cpu", *map(str, arguments)], environment)


def test_runs_a_turn() -> None:
    assert runs_a_turn([0.5, 0.1, 0.2], turn=1.0) == 10
    assert runs_a_turn([5.0, 4.0], turn=1.0) == 1


def test_every_process_has_a_sample_a_round(tmp_path: Path) -> None:
    images = make_images(KINDS["mnist"], tmp_path / "images", 5)
    RECIPE.write(tmp_path / "recipe.json")
    command = reading(tmp_path / "recipe.json", images.arrays)
    found = interleave({"one": command, "other": command}, Pace(rounds=3, turn=0.01, warm_up=0))
    assert list(found) == ["one", "other"]
    for series in found.values():
        assert len(series.seconds) == len(series.results) == 3
        assert min(series.seconds) > 0
        assert series.peak_bytes > 0 or sys.platform != "linux"


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(LayerhintError, match=r"^PyTorch: it ended with status 1: error: .*gone\.json"),
        Child(reading(tmp_path / "gone.json", tmp_path / "gone.npz")) as child,
    ):
        child.build()


def test_peak_memory_is_the_high_water_mark(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("Name:\tpython\nVmPeak:\t  900 kB\nVmHWM:\t   123 kB\nVmRSS:\t  100 kB\n")
    assert resident_peak(tmp_path / "status") == 123 * 1024
    assert resident_peak(tmp_path / "none") == 0
