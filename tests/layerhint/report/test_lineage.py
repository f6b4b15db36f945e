"""Where a number comes from: files, parents, and the commands that make it again."""

from dataclasses import replace

import pytest

from layerhint.report.lineage import Lineage, lineages_of, summary
from layerhint.report.results import Results

NET2 = "cifar10/resnet14-resnet8/proposed/net2"


def lineage(results: Results, training: str) -> Lineage:
    return next(entry for entry in lineages_of(results) if entry.id == training)


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
    data = {**results.data, "cifar10": replace(results.data["cifar10"], content="f" * 64)}
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
    experiment = replace(
        results.experiment("fig7"),
        file="my experiments/own.yaml",
        profile="smoke",
        scale=0.5,
        overrides={"plain.stepvalue": [3, 5], "shortcut": "projection"},
    )
    real = replace(results.trained[NET2], engine={"name": "caffe", "version": "x"})
    changed = replace(results, experiments=[experiment], trained={NET2: real})
    assert dict(lineage(changed, NET2).commands)["From nothing, in a folder of its own"] == (
        "python tools/run_pipeline.py 'my experiments/own.yaml' --profile smoke --scale 0.5 --set plain.stepvalue=3,5 "
        "--set shortcut=projection --methods proposed --nets 2 --engine caffe --out runs/again"
    )


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
