"""The paper's experiments, against its text: how much there is to train, and what it reports."""

import pytest
from rich.console import Console

from layerhint.driver.catalogue import catalogue
from layerhint.driver.describe import describe
from layerhint.experiments.experiment import Experiment, experiment_names, groups, load_experiment
from layerhint.running.plan import count_steps, make_plan
from layerhint.steps.workspace import Workspace
from layerhint.trainings.expand import expand, expand_all

PAPER = groups()["paper"]


def load(names: tuple[str, ...]) -> list[Experiment]:
    return [load_experiment(name) for name in names]


def test_the_paper_s_groups_hold_its_experiments_and_no_others() -> None:
    """Experiments that are not the paper's may stand beside them, in groups of their own."""
    assert sorted(PAPER) == sorted(SAID)
    assert set(SAID) <= set(experiment_names())
    by_data_set = [name for group in ("cifar10", "cifar100", "mnist") for name in groups()[group]]
    assert sorted(by_data_set) == sorted(SAID)


def test_how_much_the_paper_is() -> None:
    """What experiments share is trained once: 158 trainings, counted by hand.

    A pair of nets needs 3 trainings for KD, 1 + 3 for Hint-KD, Hint-KD+ and concurrent hints, 3 + 3 for the proposed
    method and SL-ResNet, 3 for SL-ResNet with KD. CIFAR-10: 4 plain, 17 for 26 to 14, 22 for 14 to 8, 14 for 26 to 8,
    10 with the wide teacher. CIFAR-100: 5 plain, 17 + 17 for 20 and 26 to 8, 14 for 14 to 8, 10 with the wide teacher.
    MNIST: 2 plain, 26.
    """
    trainings = expand_all(load(PAPER))
    assert len(trainings) == 158
    assert sum(t.schedule.max_iter for t in trainings) == 7_250_000


@pytest.mark.parametrize("name", PAPER)
def test_the_paper_s_averages_are_those_of_its_nets(name: str) -> None:
    """To a unit of the last decimal: some are cut, not rounded (0.5066 stands as 0.506)."""
    reported = load_experiment(name).reported
    for method, row in (reported.methods if reported else {}).items():
        if row.nets:
            assert row.average is not None
            assert row.average == pytest.approx(sum(row.nets) / len(row.nets), abs=0.011), method


HINTS = {"proposed > hint-kd", "hint-kd > kd", "hint-kd > hint-kd-plus"}
BEST = {"proposed > kd", "proposed > hint-kd", "proposed > hint-kd-plus"}
LAYER_WISE = {"proposed > sl-resnet", "proposed > sl-resnet-kd", "sl-resnet-kd > kd", "sl-resnet-kd > hint-kd"}
SAID = {
    "fig4": {"proposed > hint-kd"},
    "table1": HINTS | BEST,
    "fig5": BEST | {"proposed > student"},
    "table2": HINTS | BEST | {"hint-kd > student", "proposed > student"},
    "table3": BEST,
    "fig7": LAYER_WISE | {"proposed > hint-kd", "kd > sl-resnet", "hint-kd > sl-resnet"},
    "table4": LAYER_WISE | {"proposed > kd", "proposed > hint-kd", "sl-resnet > kd", "sl-resnet > hint-kd"},
    "fig8": {"proposed > concurrent"},
    "fig9": set(),
    "fig10": {"proposed > concurrent", "proposed > hint-kd"},
    "table5": {"proposed > hint-kd", "hint-kd > hint-kd@table1", "proposed > proposed@table1"},
    "table6": {"proposed > hint-kd", "hint-kd > hint-kd@fig10", "proposed > proposed@fig10"},
}
"""The orderings in the sentences of Sections 3.1 to 4 and in the tables' captions; Figure 9 orders losses."""


@pytest.mark.parametrize("name", PAPER)
def test_the_claims_are_those_of_the_text(name: str) -> None:
    assert set(load_experiment(name).claims) == SAID[name]


@pytest.mark.parametrize("name", [name for name in PAPER if name != "fig9"])
def test_every_method_with_soft_targets_is_compared_with_the_plain_student(name: str) -> None:
    experiment = load_experiment(name)
    judged = {*experiment.claims, *experiment.comparisons}
    assert {f"{method} > student" for method in experiment.methods if method != "sl-resnet"} <= judged
    assert {f"proposed > {method}" for method in experiment.methods if method != "proposed"} <= judged


def test_a_table_stands_beside_the_one_it_is_compared_with() -> None:
    record = describe(load_experiment("table5"))
    assert record.against is not None
    assert record.against.name == "table1"
    assert [row.method for row in record.against.methods] == ["hint-kd", "proposed"]
    assert record.methods[0].nets[0] == "cifar10/resnet26w32-resnet14/hint-kd/net1"
    assert record.against.methods[0].nets[0] == "cifar10/resnet26-resnet14/hint-kd/net1"


def test_figure_9_is_stage_1_alone() -> None:
    record = describe(load_experiment("fig9"))
    assert record.student.training is None
    assert [row.nets for row in record.methods] == [(), ()]
    assert [len(row.stage1) for row in record.methods] == [1, 3]
    assert {t.stage for t in expand(load_experiment("fig9"))} == {0, 1}


def test_steps_are_counted_as_the_plan_has_them() -> None:
    experiments = load(groups()["mnist"])
    plan = make_plan(experiments, Workspace.in_folder("runs/x", None))
    assert count_steps(expand_all(experiments)) == len(plan.steps) == 54


def test_the_catalogue_lists_experiments_and_groups() -> None:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(catalogue("paper", 1.0, "torch", in_lockstep=True))
    lines = [" ".join(line.split()) for line in capture.get().splitlines()]
    assert any(
        line.startswith("table1 Table 1: CIFAR-10, 26-layer teacher, 14-layer student 37 19 971,000") for line in lines
    )
    assert any(line.startswith("mnist table3, table4 54 28 819,000 about") for line in lines)
