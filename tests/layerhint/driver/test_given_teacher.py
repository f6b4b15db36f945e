"""Which of a run's teachers a given caffemodel is, that the others are trained, that it is tested, and one at all."""

from dataclasses import replace
from pathlib import Path

import pytest
from given_teachers import write_teacher
from small_run import TEACHER, trained

from layerhint.driver.given_teacher import with_given_teacher
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.kept.description import Description
from layerhint.records import fingerprint
from layerhint.rendering.render import render, write
from layerhint.running.plan import Plan, make_plan
from layerhint.running.run import run
from layerhint.steps.step import Context
from layerhint.steps.workspace import Workspace
from layerhint.trainings.readings import sweep
from torchcaffe.proto import caffe_pb2

NARROW, WIDE = "cifar10/resnet26/plain/plain", "cifar10/resnet26w32/plain/plain"


def given(folder: Path, made_as: str, described_as: str | None = None) -> Path:
    """A caffemodel of a teacher of tables 1 and 5, or of figure 7."""
    weights = folder / "given.caffemodel"
    write_teacher(weights, [load_experiment("table5"), load_experiment("fig7")], made_as)
    if described_as is not None:
        Description(
            training=described_as,
            title="A net: plain training",
            sha256=fingerprint.of_file(weights),
            bytes=weights.stat().st_size,
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
    workspace = Workspace.of_repository()
    texts = render(experiments, workspace.layout)
    plan = with_given_teacher(make_plan(experiments, workspace), experiments, weights, workspace.layout, texts)
    return {step.id: step.kind for step in plan.steps}


def test_of_two_tables_side_by_side_the_own_rows_teacher(tmp_path: Path) -> None:
    """Table 5 has the rows of Table 1 beside its own, from a narrower teacher."""
    found = kinds([load_experiment("table5")], given(tmp_path, WIDE))
    assert (found[WIDE], found[NARROW]) == ("take teacher", "train")


def test_a_description_says_which_it_is(tmp_path: Path) -> None:
    found = kinds([load_experiment("table5")], given(tmp_path, NARROW, NARROW))
    assert (found[WIDE], found[NARROW]) == ("train", "take teacher")


def test_a_variant_s_teacher_is_trained(tmp_path: Path) -> None:
    base = load_experiment("table1").with_methods(["kd"]).with_nets(1)
    found = kinds([base, *sweep(base, "shortcut=projection")], given(tmp_path, NARROW))
    assert found[NARROW] == "take teacher"
    assert found["cifar10/resnet26/plain/shortcut=projection/plain"] == "train"


def test_one_that_is_described_as_no_teacher_of_the_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        LayerhintError,
        match=rf"by given\.json beside it, it is cifar10/resnet14/plain/plain .* teachers of this run are {NARROW}, ",
    ):
        kinds([load_experiment("table5")], given(tmp_path, NARROW, "cifar10/resnet14/plain/plain"))


def test_a_group_with_several_teachers_needs_a_description(tmp_path: Path) -> None:
    group = [load_experiment(name) for name in ("table1", "fig7")]
    both = "cifar10/resnet14/plain/plain, cifar10/resnet26/plain/plain"
    with pytest.raises(LayerhintError, match=f"the experiments have {both}: run one at a time"):
        kinds(group, given(tmp_path, NARROW))
    assert kinds(group, given(tmp_path, NARROW, NARROW))[NARROW] == "take teacher"


@pytest.mark.parametrize(
    ("made_as", "taken_by", "said"),
    [
        (
            "cifar10/resnet14/plain/plain",
            "table1",
            r"has no params of layer 'res1_3/conv1' of .*: is it of another net\?",
        ),
        (NARROW, "fig7", r"is of a larger net than .*resnet14/plain/train\.prototxt: .* 'res1_3/conv1'"),
        (
            WIDE,
            "table1",
            r"has the params of layer 'conv1' as 32 x 3 x 3 x 3; for images of 3 x 32 x 32 .* needs 16 x 3",
        ),
    ],
)
def test_one_of_another_net_is_refused_before_the_run(tmp_path: Path, made_as: str, taken_by: str, said: str) -> None:
    with pytest.raises(LayerhintError, match=rf"^--teacher-from: .*given\.caffemodel {said}"):
        kinds([load_experiment(taken_by)], given(tmp_path, made_as))


def test_so_is_what_is_no_caffemodel_or_half_of_one(tmp_path: Path) -> None:
    weights = given(tmp_path, NARROW)
    weights.write_bytes(weights.read_bytes()[:100_000])
    with pytest.raises(LayerhintError, match=r"^--teacher-from: cannot read .*given\.caffemodel: "):
        kinds([load_experiment("table1")], weights)
    weights.write_text("To whom it may concern")
    with pytest.raises(LayerhintError, match=r"^--teacher-from: cannot read .*given\.caffemodel: "):
        kinds([load_experiment("table1")], weights)


def test_a_teacher_that_is_given_is_tested_and_not_trained(
    scene: tuple[Plan, Context], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in's caffemodels have the net's layers, but not its shapes."""
    monkeypatch.setattr("layerhint.driver.given_teacher.check_weights_fit", lambda *_: None)
    plan, context = scene
    run(Plan(plan.steps[:2]), context)
    given = tmp_path / "teacher.caffemodel"
    given.write_bytes(Path(context.workspace.layout.final_weights(plan.trains[0].training)).read_bytes())

    experiments = [load_experiment(tmp_path / "small.yaml", profile="smoke")]
    workspace = Workspace.in_folder(str(tmp_path / "taken"), None)
    texts = render(experiments, workspace.layout)
    taken = with_given_teacher(make_plan(experiments, workspace), experiments, given, workspace.layout, texts)
    context = replace(context, workspace=workspace, texts=texts)
    write(context.texts)
    assert [step.kind for step in taken.steps] == ["make data", "take teacher", "train", "copy weights", "train"]
    assert run(taken, context).done == 5
    assert taken.pending(context) == {}
    record = trained(workspace.records, TEACHER)
    result = record.result
    assert result.made_by == "taken from teacher.caffemodel"
    assert result.final is not None
    assert result.final["accuracy"] > 0
    assert result.training.id == TEACHER

    model = caffe_pb2.NetParameter.FromString(given.read_bytes())
    model.layer[0].name += "_other"
    given.write_bytes(model.SerializeToString())
    assert taken.pending(context)[TEACHER] == f"changed: {given}"
