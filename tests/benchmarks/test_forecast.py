"""The forecast for Table 1: 971,000 iterations in 19 trainings, as the README says."""

import pytest

from benchmarks.case import Case
from benchmarks.cases import choose
from benchmarks.forecast import forecast
from benchmarks.generated_files import read_generated
from benchmarks.images import KINDS
from benchmarks.lesson import lesson_of_recipe
from benchmarks.measured import Iterations, Together
from benchmarks.recipe_of_net import recipe_of

TABLE1 = ("plain-14", "plain-26", "hint-1", "hint-2", "hint-3", "hint-kd", "kd-26-14")
ITERATIONS = 971_000
# Two plain nets and 12 of KD are tested every 500 of 64,000 iterations, the last time at the end.
TESTED, TESTS, TEST_IMAGES = 14, 128, 10_000


def line(case: Case, milliseconds: float) -> Iterations:
    recipe = recipe_of(case, *read_generated(case), KINDS[case.images])
    title = KINDS[case.images].title
    seconds = {"fast": (milliseconds / 1000,)}
    return Iterations(
        case.name, case.title, title, recipe.batch, lesson_of_recipe(recipe), seconds, {}, (1.0,), (1.0,), 1, 1
    )


def test_every_training_of_table_1_has_its_own_row_of_the_benchmarks() -> None:
    found = forecast([line(case, 10) for case in choose(TABLE1)])
    assert found is not None
    assert (found.trainings, found.iterations, found.measured) == (19, ITERATIONS, ITERATIONS)


@pytest.mark.parametrize("name", TABLE1)
def test_each_of_these_rows_counts(name: str) -> None:
    lines = {case.name: line(case, 10) for case in choose(TABLE1)}
    whole = forecast(list(lines.values()))
    slower = forecast([*(found for key, found in lines.items() if key != name), line(*choose([name]), 20)])
    assert whole is not None
    assert slower is not None
    assert slower.seconds["fast"] > whole.seconds["fast"]


def test_a_training_is_its_iterations_and_its_tests() -> None:
    """A tested image costs a plain net a third of a trained one, forward without backward; beside a teacher less."""
    found = forecast([line(case, 12.8) for case in choose(TABLE1)])
    assert found is not None
    iterations = ITERATIONS * 0.0128
    tests = TESTS * TEST_IMAGES / 3 * 0.0128 / 128
    assert iterations + 2 * tests < found.seconds["fast"] < iterations + TESTED * tests


def test_what_was_not_measured_counts_by_its_multiply_adds() -> None:
    """At one rate for all, some nets tell as much as all of them: 26 layers take 1.89 times what 14 take (2n + 1 / 3
    blocks of equal cost), and KD a third of it more than 14 layers alone."""
    measured = [line(case, ms) for case, ms in zip(choose(["plain-14", "kd-26-14"]), (10.0, 16.3), strict=True)]
    some = forecast(measured)
    more = forecast([*measured, line(*choose(["plain-26"]), 18.9)])
    assert some is not None
    assert more is not None
    assert (some.measured, more.measured) == (13 * 64_000, 14 * 64_000)
    assert some.seconds["fast"] == pytest.approx(more.seconds["fast"], rel=0.01)


def test_other_nets_are_no_part_of_table_1() -> None:
    own = choose(["plain-14", "plain-26"])
    assert forecast([line(case, 5) for case in choose(["plain-*", "mnist-*"])]) == forecast([line(c, 5) for c in own])


def test_without_a_net_of_table_1_there_is_none() -> None:
    assert forecast([line(case, 5) for case in choose(["plain-8", "mnist-*"])]) is None


def test_in_lockstep_students_take_their_share() -> None:
    lines = [line(case, 10) for case in choose(TABLE1)]
    seconds = {"apart": (0.03,), "lockstep": (0.018,)}
    found = forecast(lines, [Together("kd-26-14", "KD", "CIFAR-10", 3, seconds, {})])
    want = forecast([line(case, 6 if case.name == "kd-26-14" else 10) for case in choose(TABLE1)])
    assert found is not None
    assert want is not None
    assert found.seconds == forecast(lines).seconds  # type: ignore[union-attr]
    assert found.in_lockstep == pytest.approx(want.seconds["fast"])


def test_without_lockstep_of_a_net_of_table_1_nothing_is_said_of_it() -> None:
    lines = [line(case, 10) for case in choose(TABLE1)]
    seconds = {"apart": (0.03,), "lockstep": (0.018,)}
    found = forecast(lines, [Together("mnist-kd-32-8", "KD", "MNIST", 3, seconds, {})])
    assert found is not None
    assert found.in_lockstep is None
