"""Experiments with a teacher of one's own: its trainings, its pairs, its files, and mistakes in naming them."""

from pathlib import Path
from typing import Any

import pytest
from own_nets import BODY, WEIGHTED, experiment_with, write_own

from layerhint.driver import pipeline
from layerhint.driver.describe import describe
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.experiments.experiment_file import OwnTeacherChoice
from layerhint.experiments.own_teacher import own_teacher
from layerhint.lint import lint
from layerhint.paths import ROOT
from layerhint.rendering.layout import Layout
from layerhint.rendering.render import render
from layerhint.running.plan import make_plan
from layerhint.steps.workspace import Workspace
from layerhint.surgery.declaration import read_declaration
from layerhint.trainings.expand import expand, expand_all
from layerhint.trainings.methods.own_teacher import teacher_tests
from layerhint.trainings.trainings import Training, WeightsFile, WeightSource
from layerhint.watching.forecast import work
from torchcaffe.proto.text import parse_net

PAIR = "cifar10/own-resnet8"
TWO = [{"hint": "conv1", "guided": "res1_1"}, {"hint": "conv3", "guided": "res3_1"}]


def trainings(folder: Path, overrides: dict[str, Any] | None = None, **changes: Any) -> dict[str, Training]:
    return {training.id: training for training in expand(experiment_with(folder, overrides, **changes))}


def pairs(found: dict[str, Training], name: str) -> list[tuple[str, str]]:
    return [(pair.hint.name, pair.guided.name) for pair in found[f"{PAIR}/{name}"].train.pairs]


def test_there_is_no_training_of_the_teacher(tmp_path: Path) -> None:
    found = trainings(tmp_path, nets=1)
    assert list(found) == [
        "cifar10/resnet8/plain/plain",
        f"{PAIR}/kd/net1",
        *(f"{PAIR}/{method}/{name}" for method in ("hint-kd", "hint-kd-plus") for name in ("stage1", "net1")),
        *(f"{PAIR}/proposed/{name}" for name in ("g1", "g2", "g3", "net1")),
        *(f"{PAIR}/concurrent/{name}" for name in ("stage1", "net1")),
    ]


def test_its_layers_come_from_its_caffemodel(tmp_path: Path) -> None:
    found = trainings(tmp_path)
    given = WeightsFile(str(tmp_path / "own.caffemodel"))
    g2, kd = found[f"{PAIR}/proposed/g2"], found[f"{PAIR}/kd/net1"]
    assert g2.init is not None
    assert g2.init.sources == (
        WeightSource(given, "teacher/", WEIGHTED[:4]),
        WeightSource(f"{PAIR}/proposed/g1", "", ("conv1", "res1_1")),
    )
    assert g2.parents == (f"{PAIR}/proposed/g1",)
    assert g2.frozen == g2.init.sources[0]
    assert kd.init is not None
    assert kd.init.sources == (WeightSource(given, "teacher/", "all"),)
    assert kd.parents == ()


def test_each_method_has_its_pairs(tmp_path: Path) -> None:
    found = trainings(tmp_path)
    several = [("conv1", "res1_1"), ("conv2", "res2_1"), ("conv3", "res3_1")]
    assert pairs(found, "hint-kd/stage1") == [several[1]]
    assert pairs(found, "hint-kd-plus/stage1") == [several[2]]
    assert [pairs(found, f"proposed/g{i}") for i in (1, 2, 3)] == [[pair] for pair in several]
    assert pairs(found, "concurrent/stage1") == several
    regressors = [pair.regressor is not None for pair in found[f"{PAIR}/concurrent/stage1"].train.pairs]
    # 6 to 16 channels, 32 to 32, 12 to 64.
    assert regressors == [True, False, True]


def test_two_pairs_are_two_steps_of_half_the_weight_each(tmp_path: Path) -> None:
    found = trainings(tmp_path, pairs=TWO, numbers={"hint": {"layer_wise": [40, 60]}})
    assert pairs(found, "hint-kd/stage1") == [("conv1", "res1_1")]
    lengths = [found[f"{PAIR}/proposed/g{i}"].schedule.max_iter for i in (1, 2)]
    assert (lengths, f"{PAIR}/proposed/g3" in found) == ([40, 60], False)
    assert [pair.weight for pair in found[f"{PAIR}/concurrent/stage1"].train.pairs] == [0.5, 0.5]


def test_the_smoke_profile_has_a_length_for_each_of_any_number_of_pairs(tmp_path: Path) -> None:
    four = [TWO[0], {"hint": "conv2", "guided": "res2_1"}, {"hint": "twin_c", "guided": "res2_2"}, TWO[1]]
    lengths = {"hint": {"layer_wise": [10, 20, 30, 40]}}
    experiment = experiment_with(tmp_path, pairs=four, numbers=lengths, student={"depth": 14}, methods=["proposed"])
    assert experiment.protocol.hint.layer_wise == (10, 20, 30, 40)
    smoke = load_experiment(experiment.file, profile="smoke")
    assert smoke.protocol.hint.layer_wise == (6, 6, 6, 6)


def test_pairs_of_two_resnets_may_be_named_too(tmp_path: Path) -> None:
    named = [{"hint": "res1_2", "guided": "conv1"}, {"hint": "pool", "guided": "pool"}]
    found = trainings(
        tmp_path, teacher={"depth": 14}, pairs=named, methods=["concurrent"], numbers={"hint": {"layer_wise": [1, 2]}}
    )
    stage1 = found["cifar10/resnet14-resnet8/concurrent/stage1"]
    assert [(pair.hint.name, pair.guided.name) for pair in stage1.train.pairs] == [
        ("res1_2", "conv1"),
        ("pool", "pool"),
    ]
    assert stage1.frozen is not None
    assert stage1.frozen.layers[-1] == "res3_2"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"pairs": [TWO[0], {"hint": "conv2", "guided": "res3_1"}]},
            "pairs: hint 'conv2' of own is 32 x 16 x 16 an image, guided 'res3_1' of ResNet-8 64 x 8 x 8: pair layers "
            "of one height and width",
        ),
        ({"pairs": TWO[::-1]}, "guided 'res1_1' does not lie above 'res3_1': let the pairs go up the student"),
        ({"pairs": [TWO[0], dict(TWO[0])]}, "guided 'res1_1' does not lie above 'res1_1'"),
        ({"pairs": [TWO[0], {"hint": "conv3", "guided": "fc"}]}, "ResNet-8 has no part 'fc' below its fc"),
        ({"pairs": [TWO[0], {"hint": "conv3", "guided": "res3_2"}]}, "has no part 'res3_2' below its fc; did you mean"),
        ({"pairs": [{"hint": "conv7", "guided": "res1_1"}]}, "has no blob 'conv7' (hint); did you mean"),
        ({"pairs": TWO[:1], "methods": ["proposed"]}, "method proposed: with one pair it is hint-kd; name two pairs"),
        ({"pairs": TWO[:1], "methods": ["concurrent"]}, "method concurrent: with one pair it is hint-kd"),
        ({"pairs": TWO}, "method proposed: 2 pairs, but hint.layer_wise of CIFAR-10's protocol has 3 lengths"),
        ({"pairs": []}, "the hint layers of a teacher of your own are not known: name them under `pairs:`"),
        ({"switches": {"middle_layer": "module"}}, "switch `middle_layer` is no open point of CIFAR-10"),
    ],
)
def test_pairs_that_cannot_be(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(LayerhintError) as caught:
        trainings(tmp_path, **changes)
    assert message in str(caught.value)
    assert "mine.yaml: " in str(caught.value)


def test_kd_alone_needs_no_pairs(tmp_path: Path) -> None:
    assert f"{PAIR}/kd/net2" in trainings(tmp_path, pairs=[], methods=["kd", "sl-resnet-kd"])


@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        ({"net": "own.prototxt", "weights": "own.caffemodel"}, "key `teacher.logits` is missing"),
        ({"net": "a", "weigths": "b", "logits": "c"}, "unknown key `teacher.weigths`; did you mean 'weights'"),
        (
            {"net": "a", "weights": "b", "logits": "c", "inptu": "d"},
            "unknown key `teacher.inptu`; did you mean 'input'",
        ),
        ({"depth": 8, "filter": [1, 2, 3]}, "unknown key `teacher.filter`; did you mean 'filters'"),
        (
            {"net": "own.prototxt", "weights": "absent.caffemodel", "logits": "scores"},
            "absent.caffemodel: No such file",
        ),
        ({"net": "absent.prototxt", "weights": "own.caffemodel", "logits": "scores"}, "absent.prototxt: No such file"),
        (
            {"net": "My Net.prototxt", "weights": "own.caffemodel", "logits": "scores"},
            "'My Net' cannot name the folder of its generated files: give it a `name:`",
        ),
        (
            {"net": "own.prototxt", "weights": "own.caffemodel", "logits": "scores", "name": "resnet26"},
            "'resnet26' cannot name the folder",
        ),
    ],
)
def test_a_teacher_that_is_not_named_well(tmp_path: Path, teacher: dict[str, Any], message: str) -> None:
    with pytest.raises(LayerhintError) as caught:
        trainings(tmp_path, teacher=teacher)
    assert message in str(caught.value)


def test_a_teacher_by_another_name(tmp_path: Path) -> None:
    teacher = {"net": "own.prototxt", "weights": "own.caffemodel", "logits": "scores", "name": "vgg-9"}
    assert "cifar10/vgg-9-resnet8/kd/net1" in trainings(tmp_path, teacher=teacher)


def test_files_in_the_repository_are_spelt_from_its_root() -> None:
    choice = OwnTeacherChoice(net="stack.prototxt", weights="../stack.caffemodel", logits="scores")
    found = own_teacher(choice, ROOT / "examples/own/objects.yaml")
    assert (found.name, found.net, found.weights) == (
        "stack",
        "examples/own/stack.prototxt",
        "examples/stack.caffemodel",
    )


def test_its_files_are_without_findings(tmp_path: Path) -> None:
    experiment = experiment_with(tmp_path)
    files = render(experiment)
    assert lint([experiment], Layout(), files) == ()
    hint = f"generated/{PAIR}/proposed/g1_train.prototxt"
    moving = files[hint].replace(
        'top: "teacher/conv1"\n  param { lr_mult: 0.0', 'top: "teacher/conv1"\n  param { lr_mult: 1.0'
    )
    assert moving != files[hint]
    found = lint([experiment], Layout(), files | {hint: moving})
    assert {finding.layer for finding in found} >= {"teacher/conv1"}


def test_its_surgery_file_names_its_layers_and_its_caffemodel(tmp_path: Path) -> None:
    body = BODY.replace('name: "conv2"', 'name: "2nd, conv: b"')
    write_own(tmp_path, body)
    text = render(experiment_with(tmp_path))[f"generated/{PAIR}/proposed/g2_surgery.yaml"]
    (tmp_path / "g2.yaml").write_text(text)
    declaration = read_declaration(tmp_path / "g2.yaml")
    assert declaration.sources[0].weights == str(tmp_path / "own.caffemodel")
    assert declaration.sources[0].layers == (*WEIGHTED[:3], "2nd, conv: b")


def test_concurrent_hints_need_more_than_what_lies_below_the_last(tmp_path: Path) -> None:
    """A hint layer of a side branch, which the class scores do not depend on."""
    branch = """layer { name: "side" type: "Convolution" bottom: "few" top: "side"
      convolution_param { num_output: 16 kernel_size: 1 weight_filler { type: "xavier" } } }
    """
    write_own(tmp_path, BODY + branch)
    named = [{"hint": "side", "guided": "res1_1"}, {"hint": "conv2", "guided": "res2_1"}]
    experiment = experiment_with(tmp_path, pairs=named, methods=["concurrent"])
    files = render(experiment)
    names = [layer.name for layer in parse_net(files[f"generated/{PAIR}/concurrent/stage1_train.prototxt"]).layer]
    assert {"teacher/side", "teacher/conv2"} <= set(names)
    assert "teacher/side" not in files[f"generated/{PAIR}/concurrent/stage2_train.prototxt"]
    assert lint([experiment], Layout(), files) == ()


def test_the_teacher_is_tested_once_as_it_is(tmp_path: Path) -> None:
    experiment = experiment_with(tmp_path)
    (test,) = teacher_tests([experiment, experiment.with_methods(["kd"])])
    assert (test.id, test.test_iter, test.batch_size) == ("cifar10/own/test", 100, 100)
    text = render(experiment)["generated/cifar10/own/test.prototxt"]
    layers = {layer.name: layer for layer in parse_net(text).layer}
    assert set(WEIGHTED) <= set(layers), "weights go by the layers' names"
    assert layers["accuracy"].bottom == ["teacher/scores", "label"]
    assert (
        f"caffe test -model generated/cifar10/own/test.prototxt -weights {tmp_path}/own.caffemodel -iterations 100"
        in text
    )
    steps = [step.id for step in make_plan([experiment], Workspace.of_repository()).steps]
    assert steps[:3] == ["data/cifar10", "cifar10/own/test", "cifar10/resnet8/plain/plain"]


def test_a_variant_trains_apart_what_it_changes(tmp_path: Path) -> None:
    experiment = experiment_with(tmp_path, methods=["kd"], nets=1)
    milder, channel = experiment.under("lambda", 2), experiment.under("mean", "channel")
    found = expand_all([experiment, milder])
    assert [t.id for t in found][-1] == f"{PAIR}/kd/lambda=2/net1"
    assert found[-1].init is not None
    assert found[-1].init.sources[0].origin == WeightsFile(str(tmp_path / "own.caffemodel"))
    ids = [test.id for test in teacher_tests([experiment, milder, channel])]
    assert ids == ["cifar10/own/test", "cifar10/own/mean=channel/test"]


def test_two_teachers_cannot_share_a_name(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    two = [experiment_with(tmp_path / folder, methods=["kd"]) for folder in "ab"]
    with pytest.raises(LayerhintError, match="own/test would be two different teachers in one folder"):
        teacher_tests(two)


def test_the_record_names_the_teacher_in_place_of_a_depth(tmp_path: Path) -> None:
    record = describe(experiment_with(tmp_path))
    assert record.teacher.name == "own"
    assert (record.teacher.depth, record.teacher.training) == (None, None)
    assert record.student.training == "cifar10/resnet8/plain/plain"


def test_work_counts_the_teacher_s_forward_pass(tmp_path: Path) -> None:
    found = trainings(tmp_path)
    kd, plain = found[f"{PAIR}/kd/net1"], found["cifar10/resnet8/plain/plain"]
    assert kd.train.teacher is not None
    assert work(kd) - work(plain) == pytest.approx(kd.train.teacher.multiply_adds * 128 * 64000, rel=1e-12)


def test_the_driver_finds_the_file_from_where_it_is_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment_with(tmp_path, methods=["kd"], nets=1)
    monkeypatch.chdir(tmp_path)
    assert pipeline.main(["mine.yaml", "--plan", "--device", "cpu", "--out", "run"]) == 0
    shown = capsys.readouterr().out
    assert "check teacher" in shown
    assert f"{PAIR}/kd/net1_init" in shown
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("name", "folder"), [("mine.yaml", "runs/mine/generated"), ("table1", "generated")])
def test_files_of_one_s_own_stay_out_of_the_repository_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, folder: str
) -> None:
    """`run_pipeline.py NAME` renders there; table1's are the committed files."""
    experiment_with(tmp_path)
    rendered: list[Layout] = []

    def stop(experiments: object, layout: Layout, mode: str) -> None:
        rendered.append(layout)
        raise LayerhintError("far enough")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "render", stop)
    with pytest.raises(LayerhintError, match="far enough"):
        pipeline.main([name])
    assert [layout.generated for layout in rendered] == [folder]
