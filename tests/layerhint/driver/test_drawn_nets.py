"""What the driver records for drawing an experiment's nets: read back from the generated prototxts."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from layerhint.driver.drawn_nets import drawn_nets
from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.records.drawn_nets import DrawnNets
from layerhint.rendering.layout import Layout
from layerhint.rendering.render import render


def drawn(experiment: Experiment) -> DrawnNets:
    return drawn_nets(experiment, Layout(), render(experiment, Layout()))


def experiment(tmp_path: Path, **changes: Any) -> Experiment:
    content: dict[str, Any] = {
        "title": "One's own",
        "dataset": "cifar10",
        "teacher": {"depth": 14},
        "student": {"depth": 8},
        "methods": ["proposed"],
        "nets": 1,
    }
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(content | changes), encoding="utf-8")
    return load_experiment(path)


def test_the_parts_of_a_resnet(tmp_path: Path) -> None:
    student = drawn(experiment(tmp_path)).student
    assert [(part.name, part.shape, part.weighted) for part in student] == [
        ("conv1", (16, 32, 32), 1),
        ("res1_1", (16, 32, 32), 2),
        ("res2_1", (32, 16, 16), 2),  # The subsampling of its shortcut is constant.
        ("res3_1", (64, 8, 8), 2),
        ("pool", (64, 1, 1), 0),
        ("fc", (10,), 1),
    ]
    assert sum(part.weighted for part in student) == 8, "ResNet-8 by He et al.'s count"


def test_a_projection_is_a_weighted_layer_too(tmp_path: Path) -> None:
    nets = drawn(experiment(tmp_path, switches={"shortcut": "projection"}))
    assert {part.name: part.weighted for part in nets.student}["res2_1"] == 3


def test_pairs_with_and_without_a_regressor(tmp_path: Path) -> None:
    (first, second, third) = drawn(experiment(tmp_path)).pairs["proposed"]
    assert first.as_json() == {
        "training": "cifar10/resnet14-resnet8/proposed/g1",
        "loss": "hint/loss",
        "hint": "res1_2",
        "guided": "res1_1",
        "shape": (16, 32, 32),
        "weight": 1.0,
        "regressor": None,
    }
    assert (second.hint, second.guided, third.shape) == ("res2_2", "res2_1", (64, 8, 8))
    wide = experiment(tmp_path, teacher={"depth": 14, "filters": [32, 64, 128]}, switches={"regressor_kernel": 3})
    pair = drawn(wide).pairs["proposed"][1]
    assert (pair.guided, pair.regressor, pair.shape) == ("res2_1", 3, (64, 16, 16))


def test_concurrent_hints_weigh_a_third_each(tmp_path: Path) -> None:
    pairs = drawn(experiment(tmp_path, methods=["concurrent"])).pairs["concurrent"]
    assert [pair.loss for pair in pairs] == ["hint1/loss", "hint2/loss", "hint3/loss"]
    assert [pair.weight for pair in pairs] == pytest.approx([1 / 3] * 3)
    assert len({pair.training for pair in pairs}) == 1


def test_without_stage_2_the_student_is_drawn_as_far_as_its_highest_step(tmp_path: Path) -> None:
    nets = drawn(experiment(tmp_path, stages=[1]))
    assert [part.name for part in nets.student] == ["conv1", "res1_1", "res2_1", "res3_1"]
    assert nets.teacher[-1].name == "fc"


def test_methods_without_hints_have_no_pairs(tmp_path: Path) -> None:
    nets = drawn(experiment(tmp_path, methods=["kd", "sl-resnet"]))
    assert nets.pairs == {}
    assert len(nets.teacher) == 1 + 6 + 2
