"""Lint as a whole: what the repository generates is clean, and what is not is told, tidily, all of it."""

from pathlib import Path
from typing import Any

import pytest
from linting import PAIR, Generated, assert_found, generated, hints
from rendering import own

from layerhint.experiments.experiment import experiment_names, load_experiment
from layerhint.lint import Finding, faults_of, lint
from layerhint.paths import ROOT
from layerhint.rendering.layout import Layout
from layerhint.rendering.render import render
from layerhint.trainings.readings import readings

OTHER_READINGS: dict[str, Any] = {
    "shortcut": "projection",
    "mean": "channel",
    "hint_layers": "first_of_size",
    "middle_layer": "stage2_end",
    "hint_plus_layer": "pool",
    "regressor_kernel": 3,
    "soft_target_factor": "tau_squared",
    "true_label_term": "softened",
    "sl_resnet_rate": 0.01,
    "sl_resnet_trains": "new",
}
METHODS = ["kd", "hint-kd", "hint-kd-plus", "proposed", "concurrent", "sl-resnet", "sl-resnet-kd"]


@pytest.mark.parametrize("name", experiment_names())
def test_every_experiment_is_clean(name: str) -> None:
    assert generated(load_experiment(name)).findings() == ()


def test_so_is_all_that_lies_in_generated() -> None:
    """Every committed file, as it is on the disk, belongs to some experiment and has no finding."""
    folder = ROOT / "generated"
    files = {p.relative_to(ROOT).as_posix(): p.read_text(encoding="utf-8") for p in folder.rglob("*") if p.is_file()}
    experiments = [load_experiment(name) for name in experiment_names()]
    assert set(files) == set(render(experiments))
    assert lint(experiments, Layout(), files) == ()


@pytest.mark.parametrize("overrides", [{}, OTHER_READINGS])
def test_so_is_every_method_under_other_readings_with_a_wider_teacher(
    overrides: dict[str, Any], tmp_path: Path
) -> None:
    """A student of 14 layers: in one of 8 the first and the last blob of a size are one."""
    teacher = {"depth": 14, "filters": [48, 96, 192]}
    experiment = own(tmp_path, overrides, methods=METHODS, nets=2, teacher=teacher, student={"depth": 14})
    assert generated(experiment).findings() == ()


@pytest.mark.parametrize("settings", [{"profile": "smoke"}, {"scale": 0.01}, {"scale": 0.0001}])
def test_so_are_shorter_runs_in_folders_of_their_own(settings: dict[str, Any]) -> None:
    experiment = load_experiment("fig4", **settings)
    layout = Layout.under("runs/a b")
    assert lint([experiment], layout, render(experiment, layout)) == ()


def test_so_are_variants_beside_their_base() -> None:
    base = load_experiment("fig4").with_nets(1)
    variants = [variant for variant in readings(base) if variant.variant in ("mean=channel", "shortcut=projection")]
    assert len(variants) == 2
    assert generated(base, *variants, base.under("lambda", 4)).findings() == ()


def test_numbers_of_one_s_own_need_not_add_up(tmp_path: Path) -> None:
    experiment = own(tmp_path, methods=["hint-kd", "proposed"], numbers={"hint": {"layer_wise": [7, 11, 13]}})
    assert generated(experiment).findings() == ()


def test_a_file_that_cannot_be_read_is_one_finding_and_the_others_are_still_looked_at() -> None:
    net, solver, surgery = (
        f"{PAIR}/proposed/{file}" for file in ("g1_train.prototxt", "net1_solver.prototxt", "g3_surgery.yaml")
    )
    broken = hints().with_file(net, "layer { nme: 'x' }\n").with_file(solver, "max_iter: many\n")
    broken = broken.with_file(surgery, "net: [\n").without_layer(
        f"{PAIR}/concurrent/stage1_train.prototxt", "hint2/loss"
    )
    found = broken.findings()
    assert_found(found, net, None, "did you mean", "name")
    assert_found(found, solver, None, "1:11: ", "integer: many")
    assert_found(found, surgery, None, "line 2")
    assert_found(found, f"{PAIR}/concurrent/stage1_train.prototxt", "hint2/loss", "no EuclideanLoss")


def test_a_net_that_caffe_refuses_is_told_with_the_layer() -> None:
    """res2_1/conv2 with 100 channels cannot be added to the shortcut's 128."""
    file = f"{PAIR}/hint-kd/stage2_test.prototxt"
    found = hints().edited(file, "num_output: 128", "num_output: 100", layer="res2_1/conv2").findings()
    assert_found(found, file, "res2_1/sum", "Caffe cannot set it up", "their shapes")


def test_what_several_trainings_share_is_found_once() -> None:
    """Two nets train with one stage2_train.prototxt."""
    file = f"{PAIR}/proposed/stage2_train.prototxt"
    found = hints().edited(file, "mirror: true ", "").findings()
    assert [(f.file, f.layer) for f in found] == [(file, "data")]


def test_findings_as_a_message() -> None:
    layers = ["conv1", "conv2", "conv3", "conv4", "conv5"]
    many = [Finding("a.prototxt", layer, "it moves", "Freeze it") for layer in layers]
    message = faults_of(
        [
            *many,
            Finding("b.prototxt", None, "max_iter is 3", "Write 4"),
            Finding("b.prototxt", "fc", "it moves", "Freeze it"),
        ]
    )
    assert message.splitlines() == [
        "3 faults in the generated files, which templates/ makes from experiments/:",
        "  a.prototxt: layers 'conv1', 'conv2', 'conv3' and 2 more: it moves. Freeze it",
        "  b.prototxt: max_iter is 3. Write 4",
        "  b.prototxt: layer 'fc': it moves. Freeze it",
    ]
    assert faults_of(many[:1]).startswith("1 fault in ")


def test_edits_of_these_tests_reach_the_text() -> None:
    """The helper refuses an edit that would change nothing, after which a test could not fail."""
    with pytest.raises(AssertionError, match="stands 0 times"):
        hints().edited(f"{PAIR}/proposed/g1_train.prototxt", "not there", "")
    assert isinstance(hints(), Generated)
