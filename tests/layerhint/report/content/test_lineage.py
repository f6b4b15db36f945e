"""Where a number comes from: files, parents, and the commands that make it again."""

import argparse
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from layerhint.driver.options import make_parser
from layerhint.driver.selection import chosen_experiments
from layerhint.experiments.experiment import Experiment
from layerhint.records.training import NOTHING_FROZEN, TakeTeacherResult
from layerhint.report.content.lineage import COLUMNS, Lineage, lineages_of, summary
from layerhint.report.reading.results import Results
from layerhint.report.reading.trained import Trained
from layerhint.trainings.expand import expand
from torchcaffe.cli.flags import parse

NET2 = "cifar10/resnet14-resnet8/proposed/net2"
TEACHER = "cifar10/resnet14/plain/plain"


def lineage(results: Results, training: str) -> Lineage:
    return next(entry for entry in lineages_of(results) if entry.id == training)


def changed(results: Results, training: str, **said: Any) -> Trained:
    """The record of a training with something else in its result."""
    trained = results.trained[training]
    return replace(trained, result=trained.result.model_copy(update=said))


def taken(results: Results, training: str, **said: Any) -> Trained:
    """The record of one that was given in the place of a training."""
    trained = changed(results, training, **said)
    return replace(trained, result=TakeTeacherResult.model_validate(trained.result.as_json()))


def driver_command(results: Results, training: str) -> str:
    """The first of its commands."""
    return lineage(results, training).commands[0][1]


def asked(command: str) -> tuple[argparse.Namespace, Experiment]:
    """What the driver makes of a command line: its options, and the one experiment that they choose."""
    python, tool, *rest = shlex.split(command)
    assert (python, tool) == ("python", "tools/run_pipeline.py")
    options = make_parser().parse_args(rest)
    (experiment,) = chosen_experiments(options)
    return options, experiment


def test_every_training_stands_once(results: Results) -> None:
    ids = [entry.id for entry in lineages_of(results)]
    assert len(ids) == len(set(ids))
    assert set(ids) == set(results.trained)


def test_a_net_leads_to_its_files(results: Results) -> None:
    files = {(file.role, file.path) for file in lineage(results, NET2).files}
    folder = "cifar10/resnet14-resnet8/proposed"
    assert files == {
        ("Solver", f"generated/{folder}/net2_solver.prototxt"),
        ("Training net", f"generated/{folder}/stage2_train.prototxt"),
        ("Test net", f"generated/{folder}/stage2_test.prototxt"),
        ("Initial weights", f"weights/{folder}/net2_init.caffemodel"),
        ("Surgery", f"generated/{folder}/net2_surgery.yaml"),
        ("Parent", "weights/cifar10/resnet14/plain/plain_iter_64000.caffemodel"),
        ("Parent", f"weights/{folder}/g3_iter_15000.caffemodel"),
        ("Result", f"weights/{folder}/net2_iter_64000.caffemodel"),
    }
    assert all(len(file.sha256) == 64 for file in lineage(results, NET2).files)


def test_a_net_leads_to_its_parents(results: Results) -> None:
    assert lineage(results, NET2).parents == (
        "cifar10/resnet14/plain/plain",
        "cifar10/resnet14-resnet8/proposed/g3",
    )
    assert lineage(results, "cifar10/resnet14/plain/plain").parents == ()


def test_a_net_names_data_engine_device_and_seeds(results: Results) -> None:
    facts = dict(lineage(results, NET2).facts)
    assert facts["Data"].startswith("cifar10, 50,000 training and 10,000 test images, content ")
    assert facts["Engine"] == "torchcaffe 0.1.0 (PyTorch 2.13.0)"
    assert facts["Device"] == "an invented GPU, float32"
    assert facts["Seeds"] == "solver 3, surgery 102"
    assert facts["Frozen blobs"].startswith("bit for bit as they were: 154 blobs of 78 layers, SHA-256 ")
    assert "Trained on" not in facts


def test_data_that_were_made_anew_since_are_told(results: Results) -> None:
    data = {**results.data, "cifar10": results.data["cifar10"].model_copy(update={"content": "f" * 64})}
    facts = dict(lineage(replace(results, data=data), NET2).facts)
    assert facts["Trained on"].startswith("data of another content: ")


@pytest.mark.parametrize(
    ("training", "command"),
    [
        (NET2, "fig7 --methods proposed --nets 2"),
        ("cifar10/resnet14-resnet8/proposed/g1", "fig7 --methods proposed --nets 1"),
        ("cifar10/resnet8/sl-resnet/s3", "fig7 --methods sl-resnet --nets 1"),
        ("cifar10/resnet14/plain/plain", "fig7 --methods kd --nets 1"),
        ("cifar10/resnet14-resnet8/kd/lambda=4/net3", "fig7 --set lambda=4 --methods kd --nets 3"),
        ("cifar10/resnet26-resnet14/hint-kd/net1", "table5 --methods hint-kd --nets 1"),
    ],
)
def test_the_driver_makes_it_again(results: Results, training: str, command: str) -> None:
    commands = dict(lineage(results, training).commands)
    assert commands["From nothing, in a folder of its own"] == (
        f"python tools/run_pipeline.py {command} --out runs/again"
    )


def test_the_command_follows_scale_profile_engine_and_settings(results: Results) -> None:
    experiment = results.experiment("fig7").model_copy(
        update={
            "file": "my experiments/own.yaml",
            "profile": "smoke",
            "scale": 0.5,
            "overrides": {"plain.stepvalue": [3, 5], "shortcut": "projection"},
        }
    )
    real = changed(results, NET2, engine={"name": "caffe", "version": "x"})
    run = replace(results, experiments=[experiment], trained={NET2: real})
    assert driver_command(run, NET2) == (
        "python tools/run_pipeline.py 'my experiments/own.yaml' --profile smoke --scale 0.5 "
        "--set 'plain.stepvalue=[3, 5]' --set shortcut=projection --methods proposed --nets 2 --engine caffe "
        "--out runs/again"
    )


def test_the_driver_understands_the_command(results: Results, tmp_path: Path) -> None:
    """Through its own parser, to the very experiment that was recorded."""
    own = tmp_path / "my experiments/own.yaml"
    own.parent.mkdir()
    nets = {"teacher": {"depth": 14}, "student": {"depth": 8}, "methods": ["kd", "proposed"]}
    own.write_text(yaml.safe_dump({"title": "One's own", "dataset": "cifar10", **nets}))
    settings = {"plain.stepvalue": [300, 500], "max_iter": 1000, "hint.base_lr": 1e-05, "shortcut": "projection"}
    asked_for = {"file": str(own), "scale": 0.0123456789, "overrides": settings, "independent_stage1": True}
    experiment = results.experiment("fig7").model_copy(update=asked_for)
    faster = changed(results, NET2, precision="bf16")
    given = replace(taken(results, TEACHER), inputs={"engine": "torch", "my own/t.caffemodel": "f"})
    run = replace(results, experiments=[experiment], trained={NET2: faster, TEACHER: given})
    options, found = asked(driver_command(run, NET2))
    assert (options.precision, options.teacher_from, options.out) == ("bf16", "my own/t.caffemodel", "runs/again")
    assert found.overrides == settings
    assert found.scale == experiment.scale
    assert (found.methods, found.nets, found.independent_stage1) == (("proposed",), 2, True)
    assert found.file == str(own)


def test_the_driver_understands_every_command(results: Results) -> None:
    """What is asked for includes the training, but for its folder under a setting."""
    for entry in lineages_of(results):
        options, found = asked(entry.commands[0][1])
        assert (options.precision, options.teacher_from) == ("float32", None)
        folder = {f"{key}={value}" for key, value in found.overrides.items()}
        plain = "/".join(part for part in entry.id.split("/") if part not in folder)
        assert plain in {training.id for training in expand(found)}


def test_by_hand_the_precision_is_the_same(results: Results) -> None:
    faster = changed(results, NET2, precision="tf32")
    run = replace(results, trained={**results.trained, NET2: faster})
    command, *words = shlex.split(dict(lineage(run, NET2).commands)["This training alone"])
    assert command == "caffe"
    (verb,), flags, wants_help = parse(words)
    assert (verb, flags.precision, wants_help) == ("train", "tf32", False)
    assert flags.solver.endswith("proposed/net2_solver.prototxt")


def test_a_teacher_that_was_taken_is_not_told_as_trained(results: Results) -> None:
    given = "kept/mine.caffemodel"
    plain = results.trained[TEACHER]
    nets = {path: sha256 for path, sha256 in plain.inputs.items() if not path.endswith("solver.prototxt")}
    inputs = {**nets, given: "f" * 64}
    outputs = {**plain.outputs, "weights/plain.lineage.json": "e" * 64}
    teacher = taken(results, TEACHER, made_by="taken from mine.caffemodel")
    teacher = replace(teacher, inputs=inputs, outputs=outputs)
    entry = lineage(replace(results, trained={**results.trained, TEACHER: teacher}), TEACHER)
    assert [label for label, _ in entry.facts] == ["Data", "Taken", "Tested by"]
    assert dict(entry.facts)["Taken"] == "from kept/mine.caffemodel, 2026-01-15; not trained here"
    assert {(file.role, file.path) for file in entry.files} >= {
        ("Taken from", given),
        ("Its lineage", "weights/plain.lineage.json"),
    }
    assert entry.result is not None
    assert summary(entry) == (
        *(TEACHER, "not trained here", "-", "-", "-", "-", "taken from mine.caffemodel", "-", "-"),
        entry.result.sha256[:12],
    )
    assert entry.commands == (
        (
            "From mine.caffemodel, in a folder of its own",
            f"python tools/run_pipeline.py fig7 --methods kd --nets 1 --teacher-from {given} --out runs/again",
        ),
    )


def test_where_there_is_no_teacher_there_is_no_proof_of_one(results: Results) -> None:
    """SL-ResNet's first stage has none; a step with a teacher has a proof or lacks it."""
    column = COLUMNS.index("Teacher")
    step = results.trained["cifar10/resnet8/sl-resnet/s3"]
    assert (step.result.training.stage, step.result.frozen) == (1, NOTHING_FROZEN)
    assert summary(lineage(results, step.id))[column] == "-"
    assert summary(lineage(results, NET2))[column] == "identical"
    lacking = changed(results, NET2, frozen=None)
    run = replace(results, trained={**results.trained, NET2: lacking})
    assert summary(lineage(run, NET2))[column] == "no proof"


def test_by_hand_it_is_two_commands(results: Results) -> None:
    folder = "cifar10/resnet14-resnet8/proposed"
    commands = dict(lineage(results, NET2).commands)
    assert commands["Its initial weights alone"] == (
        f"python tools/net_surgery.py generated/{folder}/net2_surgery.yaml"
    )
    assert commands["This training alone"] == (
        f"caffe train -solver generated/{folder}/net2_solver.prototxt -weights weights/{folder}/net2_init.caffemodel"
    )
    plain = dict(lineage(results, "cifar10/resnet8/plain/plain").commands)
    assert plain["This training alone"] == "caffe train -solver generated/cifar10/resnet8/plain/solver.prototxt"
    assert "Its initial weights alone" not in plain


def test_who_uses_a_training(results: Results) -> None:
    assert lineage(results, "cifar10/resnet8/plain/plain").used_by == (
        "fig7",
        "fig7@lambda=4",
        "fig7@middle_layer=stage2_end",
    )


def test_one_that_has_not_finished_has_a_name_alone(results: Results) -> None:
    trained = {i: t for i, t in results.trained.items() if i != NET2}
    entry = lineage(replace(results, trained=trained), NET2)
    assert (entry.trained, entry.files, entry.commands) == (None, (), ())
    assert summary(entry)[:2] == (NET2, "not finished")
