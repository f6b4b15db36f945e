"""Which of a run's teachers a given caffemodel is, and that the others are trained."""

from pathlib import Path

import pytest

from layerhint.driver.given_teacher import with_given_teacher
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.kept.description import Description
from layerhint.records import fingerprint
from layerhint.running.plan import make_plan
from layerhint.steps.workspace import Workspace
from layerhint.trainings.readings import sweep

NARROW, WIDE = "cifar10/resnet26/plain/plain", "cifar10/resnet26w32/plain/plain"


def given(folder: Path, described_as: str | None = None) -> Path:
    weights = folder / "given.caffemodel"
    weights.write_bytes(b"weights")
    if described_as is not None:
        Description(
            training=described_as,
            title="A net: plain training",
            sha256=fingerprint.of_file(weights),
            bytes=7,
            accuracy=0.5,
            iterations=3,
            seed=1,
            engine={"name": "torch"},
            device=None,
            finished="2026-01-02",
            source=None,
            inputs={},
            parents=[],
        ).write(weights)
    return weights


def kinds(experiments: list[Experiment], weights: Path) -> dict[str, str]:
    plan = with_given_teacher(make_plan(experiments, Workspace.of_repository()), experiments, weights)
    return {step.id: step.kind for step in plan.steps}


def test_of_two_tables_side_by_side_the_own_rows_teacher(tmp_path: Path) -> None:
    """Table 5 has the rows of Table 1 beside its own, from a narrower teacher."""
    found = kinds([load_experiment("table5")], given(tmp_path))
    assert (found[WIDE], found[NARROW]) == ("take teacher", "train")


def test_a_description_says_which_it_is(tmp_path: Path) -> None:
    found = kinds([load_experiment("table5")], given(tmp_path, NARROW))
    assert (found[WIDE], found[NARROW]) == ("train", "take teacher")


def test_a_variant_s_teacher_is_trained(tmp_path: Path) -> None:
    base = load_experiment("table1").with_methods(["kd"]).with_nets(1)
    found = kinds([base, *sweep(base, "shortcut=projection")], given(tmp_path))
    assert found[NARROW] == "take teacher"
    assert found["cifar10/resnet26/plain/shortcut=projection/plain"] == "train"


def test_one_that_is_described_as_no_teacher_of_the_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        LayerhintError,
        match=rf"by given\.json beside it, it is cifar10/resnet14/plain/plain .* teachers of this run are {NARROW}, ",
    ):
        kinds([load_experiment("table5")], given(tmp_path, "cifar10/resnet14/plain/plain"))


def test_a_group_with_several_teachers_needs_a_description(tmp_path: Path) -> None:
    group = [load_experiment(name) for name in ("table1", "fig7")]
    both = "cifar10/resnet14/plain/plain, cifar10/resnet26/plain/plain"
    with pytest.raises(LayerhintError, match=f"the experiments have {both}: run one at a time"):
        kinds(group, given(tmp_path))
    assert kinds(group, given(tmp_path, NARROW))[NARROW] == "take teacher"
