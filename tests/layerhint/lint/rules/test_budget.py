"""Stage 1's iterations, added up."""

import pytest
from linting import PAIR, assert_found, generated, hints

from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.lint import lint
from layerhint.rendering.layout import Layout
from layerhint.rendering.render import render


def test_the_steps_add_up_to_the_one_training() -> None:
    """35,000 each: 5,000 + 15,000 + 14,000 is too short."""
    file = f"{PAIR}/proposed/g3_solver.prototxt"
    found = hints().edited(file, "max_iter: 15000", "max_iter: 14000").findings()
    assert_found(found, file, None, "3 trainings", "34000 iterations in all", "35000", "hint.layer_wise")


@pytest.mark.parametrize(
    ("numbers", "file"),
    [
        ({"layer_wise": (5000, 15000, 16000)}, f"{PAIR}/proposed/g3_solver.prototxt"),
        ({"concurrent": 30000}, f"{PAIR}/concurrent/stage1_solver.prototxt"),
    ],
)
def test_a_protocol_that_does_not_add_up(numbers: dict[str, object], file: str) -> None:
    """The solvers say what the protocol says; but the paper gives each method the same Stage 1."""
    experiment = with_hint(load_experiment("fig10"), numbers)
    found = lint([experiment], Layout(), render(experiment))
    assert [(f.file, f.layer) for f in found] == [(file, None)]
    assert_found(found, file, None, "iterations in all", "35000")


def test_who_sets_the_numbers_may_have_them_differ() -> None:
    experiment = load_experiment("fig10", {"hint.single": 777})
    assert generated(experiment).findings() == ()


def with_hint(experiment: Experiment, numbers: dict[str, object]) -> Experiment:
    hint = experiment.protocol.hint.model_copy(update=numbers)
    return experiment.model_copy(update={"protocol": experiment.protocol.model_copy(update={"hint": hint})})
