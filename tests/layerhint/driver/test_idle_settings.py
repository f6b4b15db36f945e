"""Settings that change nothing are told."""

from typing import Any

import pytest

from layerhint.driver.idle_settings import idle_settings
from layerhint.experiments.experiment import load_experiment


def idle(name: str, methods: tuple[str, ...] = (), **settings: Any) -> list[str]:
    """The names of those that are told."""
    experiment = load_experiment(name, settings)
    sentences = idle_settings([experiment.with_methods(methods) if methods else experiment])
    return [sentence.removeprefix("--set ").partition("=")[0] for sentence in sentences]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("table1", {"lambda": 5}),
        ("table1", {"regressor.std": 0.1}),
        ("table1", {"sl_resnet.kd_lambda": 4}),
        ("table1", {"normalisation": "elements"}),
        ("fig9", {"averaging": "predictions"}),
        ("table3", {"batch_size.student": 32}),
    ],
)
def test_one_that_changes_nothing_is_told(name: str, settings: dict[str, Any]) -> None:
    assert idle(name, **settings) == list(settings)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("table1", {"lambda": 4}),
        ("table1", {"images.test": 500}),
        ("table1", {"averaging": "predictions", "accuracy_taken": "best"}),
        ("table5", {"regressor.std": 0.1}),
        ("fig9", {"normalisation": "elements"}),
        ("table3", {"batch_size.student": 32, "student_batch_size": "own"}),
    ],
)
def test_one_that_changes_a_training_or_a_table_is_not(name: str, settings: dict[str, Any]) -> None:
    assert idle(name, **settings) == []


def test_what_other_methods_depend_on_is_told() -> None:
    assert idle("table1", ("kd",), **{"hint.single": 30000}) == ["hint.single"]


def test_what_a_short_run_hides_is_told() -> None:
    """Of the smoke test both batch sizes are equal; a thousandth of 25000 and of 25100 iterations is 25."""
    smoke = load_experiment("table3", {"student_batch_size": "own"}, profile="smoke")
    scaled = load_experiment("table1", {"hint.single": 25100}, scale=0.001)
    assert len(list(idle_settings([smoke]))) == len(list(idle_settings([scaled]))) == 1


def test_a_setting_that_another_one_needs_is_not_told() -> None:
    """By the protocol's steps the rate would drop after the end."""
    assert idle("table1", **{"plain.max_iter": 40000, "plain.stepvalue": [32000, 40000]}) == []


def test_one_experiment_of_a_group_is_enough() -> None:
    group = [load_experiment(name, {"regressor.std": 0.1}) for name in ("table1", "table5")]
    assert list(idle_settings(group)) == []
