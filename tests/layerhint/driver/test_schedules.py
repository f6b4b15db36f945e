"""Whether an experiment trains as long, and at the rates, that the paper says."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from layerhint.driver.describe import describe
from layerhint.driver.schedules import has_papers_schedules
from layerhint.experiments.experiment import Experiment, experiment_names, load_experiment


def own(folder: Path, **content: Any) -> Experiment:
    fixed = {"title": "One's own", "teacher": {"depth": 14}, "student": {"depth": 8}, "methods": ["kd"]}
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump({**fixed, "dataset": "cifar10", **content}), encoding="utf-8")
    return load_experiment(path)


@pytest.mark.parametrize("name", experiment_names())
def test_the_repositorys_experiments_have_them(name: str) -> None:
    assert has_papers_schedules(load_experiment(name))
    assert has_papers_schedules(load_experiment(name, scale=0.3)), "times the scale"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"plain.max_iter": 64000}, True),
        ({"plain.max_iter": 50000}, False),
        ({"stepvalue": [32000, 40000]}, False),
        ({"hint.base_lr": 0.001}, False),
        ({"sl_resnet.iterations": 100}, False),
        ({"lambda": 4, "shortcut": "projection", "batch_size.teacher": 64}, True),
    ],
)
def test_settings_of_lengths_and_rates_are_told_from_others(settings: dict[str, Any], expected: bool) -> None:
    for scale in (1.0, 0.5):
        assert has_papers_schedules(load_experiment("table1", settings, scale=scale)) == expected


def test_numbers_in_a_file_of_ones_own(tmp_path: Path) -> None:
    assert has_papers_schedules(own(tmp_path))
    assert has_papers_schedules(own(tmp_path, numbers={"plain": {"max_iter": 50000}})) is False


def test_a_data_set_of_ones_own_has_none_of_the_paper(tmp_path: Path) -> None:
    content = (Path(__file__).parents[3] / "experiments/protocols/cifar10.yaml").read_text(encoding="utf-8")
    protocol = tmp_path / "protocols/objects.yaml"
    protocol.parent.mkdir()
    protocol.write_text(content.replace("dataset: cifar10", "dataset: objects"), encoding="utf-8")
    assert has_papers_schedules(own(tmp_path, dataset="objects")) is None


def test_the_record_says_it() -> None:
    assert describe(load_experiment("table1")).papers_schedules is True
    smoke = describe(load_experiment("table5", profile="smoke"))
    assert smoke.against is not None
    assert (smoke.papers_schedules, smoke.against.papers_schedules) == (False, False)
