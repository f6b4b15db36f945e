"""`--independent-stage1`: a Stage 1 for each net, none of which shares a random number with another's."""

import itertools
from pathlib import Path

import pytest
from invented_run import Invented, write_run
from linting import generated

from layerhint.driver.describe import describe
from layerhint.driver.pipeline import main
from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.rendering.layout import Layout
from layerhint.rendering.render import render
from layerhint.report.content.hint_curves import hint_curves
from layerhint.report.content.lineage import lineages_of
from layerhint.report.content.view import view_of
from layerhint.report.figures.stage1_figure import stage1_figure
from layerhint.report.reading.results import read_results
from layerhint.trainings.expand import expand
from layerhint.trainings.trainings import Training

PAIR = "cifar10/resnet14-resnet8"
TEACHER = "cifar10/resnet14/plain/plain"
SL = "cifar10/resnet8/sl-resnet"


def independent(*methods: str, nets: int = 3) -> Experiment:
    return load_experiment("fig7").with_methods(methods).with_nets(nets).with_independent_stage1()


def by_id(experiment: Experiment) -> dict[str, Training]:
    return {training.id: training for training in expand(experiment)}


def test_each_net_comes_from_a_stage_1_of_its_own() -> None:
    trainings = by_id(independent("proposed"))
    steps = [f"{PAIR}/proposed/{step}" for step in ("g1", "g2", "g3", "net1")]
    for k in (2, 3):
        steps += [f"{PAIR}/proposed/stage1_of_net{k}/{step}" for step in ("g1", "g2", "g3")]
        steps += [f"{PAIR}/proposed/net{k}"]
    assert list(trainings) == [TEACHER, "cifar10/resnet8/plain/plain", *steps]
    for k, folder in ((1, "proposed"), (2, "proposed/stage1_of_net2"), (3, "proposed/stage1_of_net3")):
        assert trainings[f"{PAIR}/proposed/net{k}"].parents == (TEACHER, f"{PAIR}/{folder}/g3")
        assert trainings[f"{PAIR}/{folder}/g2"].parents == (TEACHER, f"{PAIR}/{folder}/g1")
        assert trainings[f"{PAIR}/{folder}/g1"].parents == (TEACHER,)


def test_repeated_steps_differ_from_the_shared_ones_in_their_seeds_alone() -> None:
    trainings = by_id(independent("proposed"))
    shared = by_id(load_experiment("fig7").with_methods(["proposed"]))
    for k, step in itertools.product((2, 3), ("g1", "g2", "g3")):
        here, there = trainings[f"{PAIR}/proposed/stage1_of_net{k}/{step}"], shared[f"{PAIR}/proposed/{step}"]
        assert here.init is not None
        assert there.init is not None
        assert here.seed == there.seed + 1000 * (k - 1)
        assert here.init.seed == there.init.seed + 1000 * (k - 1)
        assert (here.train, here.schedule, here.init.random) == (there.train, there.schedule, there.init.random)
    assert all(trainings[f"{PAIR}/proposed/{step}"] == shared[f"{PAIR}/proposed/{step}"] for step in ("g1", "g2", "g3"))


def test_no_two_trainings_draw_with_one_seed_of_surgery() -> None:
    trainings = by_id(independent("proposed", nets=5))
    seeds = [training.init.seed for training in trainings.values() if training.init]
    assert len(seeds) == 20
    assert len(set(seeds)) == 20


def test_both_kinds_of_sl_resnet_share_what_is_repeated() -> None:
    trainings = by_id(independent("sl-resnet", "sl-resnet-kd", nets=2))
    assert len([t for t in trainings.values() if t.stage == 1]) == 2 * 3
    assert trainings[f"{SL}/net2"].parents == (f"{SL}/stage1_of_net2/s3",)
    assert trainings[f"{PAIR}/sl-resnet-kd/net2"].parents == (TEACHER, f"{SL}/stage1_of_net2/s3")
    first, again = trainings[f"{SL}/s1"], trainings[f"{SL}/stage1_of_net2/s1"]
    assert first.init is None
    assert again.seed != first.seed, "its random weights are its fillers', from the solver's seed"


def test_kd_without_hints_has_no_stage_1_to_repeat() -> None:
    assert expand(independent("kd")) == expand(load_experiment("fig7").with_methods(["kd"]))


def test_the_generated_files_are_clean_and_say_whose_they_are() -> None:
    experiment = independent("hint-kd", "proposed", "sl-resnet", "sl-resnet-kd")
    assert generated(experiment).findings() == ()
    files = render(experiment)
    assert (
        "# This repeats Stage 1 for net 3 alone"
        in files[f"generated/{PAIR}/hint-kd/stage1_of_net3/stage1_surgery.yaml"]
    )
    assert "# This repeats Stage 1 for net 2 alone" in files[f"generated/{SL}/stage1_of_net2/s1_solver.prototxt"]
    assert "its own Stage 1 and its random initial values." in files[f"generated/{PAIR}/proposed/net1_solver.prototxt"]


def test_no_snapshots_begin_with_the_name_of_a_folder() -> None:
    """Caffe puts the snapshots of a snapshot_prefix that is a folder into that folder, under another name."""
    trainings = expand(independent("hint-kd", "proposed", "sl-resnet", "sl-resnet-kd"))
    folders = {Layout().weights_folder(training) for training in trainings}
    assert not folders & {Layout().snapshot_prefix(training) for training in trainings}


def test_figure_9_repeats_stage_1_without_a_stage_2() -> None:
    record = describe(load_experiment("fig9").with_nets(2).with_independent_stage1())
    rows = {row.method: row for row in record.methods}
    folder = "cifar10/resnet26-resnet8"
    assert rows["concurrent"].stage1 == (f"{folder}/concurrent/stage1",)
    assert rows["concurrent"].stage1_of_others == ((f"{folder}/concurrent/stage1_of_net2/stage1",),)
    assert [len(chain) for chain in rows["proposed"].stage1_of_others] == [3]
    assert len(record.trainings) == 1 + 2 + 6


def test_a_variant_and_what_stands_beside_repeat_it_too() -> None:
    table5 = load_experiment("table5").with_nets(2).with_independent_stage1()
    assert any("resnet26-resnet14/proposed/stage1_of_net2" in training.folder for training in expand(table5))
    variant = independent("hint-kd", nets=2).under("middle_layer", "stage2_end")
    assert f"{PAIR}/hint-kd/stage1_of_net2/middle_layer=stage2_end/stage1" in by_id(variant)


@pytest.mark.parametrize(
    ("training", "nets"), [("proposed/g2", 1), ("proposed/stage1_of_net3/g1", 3), ("proposed/net2", 2)]
)
def test_the_page_s_command_makes_a_repeated_training_again(training: str, nets: int, tmp_path: Path) -> None:
    results = read_results(write_run(tmp_path, Invented((independent("hint-kd", "proposed"),))))
    entry = next(lineage for lineage in lineages_of(results) if lineage.id == f"{PAIR}/{training}")
    assert dict(entry.commands)["From nothing, in a folder of its own"] == (
        f"python tools/run_pipeline.py fig7 --methods proposed --nets {nets} --independent-stage1 --out runs/again"
    )


def test_the_figures_of_stage_1_show_net_1(tmp_path: Path) -> None:
    results = read_results(write_run(tmp_path, Invented((independent("proposed"),))))
    figure = stage1_figure(view_of(results, results.experiment("fig7")))
    assert figure is not None
    assert figure.caption.endswith("Stage 1 was repeated for each net: shown is net 1's.")
    curves = hint_curves(view_of(results, results.experiment("fig7")))
    assert [[step.name for step in method.steps] for method in curves] == [["G1", "G2", "G3"]]


def test_the_driver_takes_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fig4", "--profile", "smoke", "--independent-stage1", "--plan"]) == 0
    assert "proposed/stage1_of_net3/g3" in capsys.readouterr().out
    assert "repeated" not in load_experiment("fig4").heading
    assert load_experiment("fig4").with_independent_stage1().heading.endswith("(Stage 1 repeated for each net)")
