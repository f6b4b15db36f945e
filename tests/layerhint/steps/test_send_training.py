"""What a training takes along to another machine: what it goes on from there."""

from pathlib import Path

import pytest

from layerhint.experiments.experiment import load_experiment
from layerhint.steps.send_training import files_to_send
from layerhint.steps.training_files import TrainingFiles
from layerhint.steps.workspace import Workspace
from layerhint.trainings.expand import expand
from torchcaffe.proto import caffe_pb2

NET1 = "cifar10/resnet26-resnet14/kd/net1"
MAX_ITER = 64000


@pytest.fixture
def files(tmp_path: Path) -> TrainingFiles:
    trainings = {training.id: training for training in expand(load_experiment("table1"))}
    return TrainingFiles(trainings[NET1], Workspace.in_folder(str(tmp_path), None))


def snapshot(files: TrainingFiles, iteration: int, *, state: bool) -> list[Path]:
    model = caffe_pb2.NetParameter()
    model.layer.add(name="ip").blobs.add(data=[1.0]).shape.dim.append(1)
    path = files.final.with_name(f"net1_iter_{iteration}.caffemodel")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    if state:
        path.with_suffix(".solverstate").write_bytes(caffe_pb2.SolverState(iter=iteration).SerializeToString())
    return [path, path.with_suffix(".solverstate")] if state else [path]


def always(files: TrainingFiles) -> list[Path]:
    assert files.initial is not None
    return [files.initial, Path("teacher.caffemodel"), files.workspace.records / f"{NET1}.started.json"]


def sent(files: TrainingFiles) -> list[Path]:
    return list(files_to_send(files, "teacher.caffemodel"))


def test_at_its_beginning_what_it_starts_from(files: TrainingFiles) -> None:
    assert sent(files) == always(files)
    assert list(files_to_send(files, None)) == [path for path in always(files) if path.name != "teacher.caffemodel"]


def test_its_last_snapshot_and_the_log_up_to_it(files: TrainingFiles) -> None:
    snapshot(files, 500, state=True)
    last = snapshot(files, 1000, state=True)
    assert sent(files) == [*always(files), *last, files.log]


def test_its_end_which_has_only_to_be_looked_at(files: TrainingFiles) -> None:
    """A caffemodel that was trained by hand may have lost its solverstate."""
    (final,) = snapshot(files, MAX_ITER, state=False)
    assert sent(files) == [*always(files), final, files.log]
