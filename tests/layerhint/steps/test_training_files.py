"""A training's files: the furthest whole snapshot, from which it goes on, and its logs."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from layerhint.experiments.experiment import load_experiment
from layerhint.steps.training_files import Progress, TrainingFiles
from layerhint.steps.workspace import Workspace
from layerhint.trainings.expand import expand
from torchcaffe.proto import caffe_pb2

NET1 = "cifar10/resnet26-resnet14/kd/net1"


@pytest.fixture
def files(tmp_path: Path) -> TrainingFiles:
    """Snapshots at 4, 8 and 12 of a training of 12 iterations, and one of another training."""
    training = next(training for training in expand(load_experiment("table1")) if training.id == NET1)
    files = of_length(TrainingFiles(training, Workspace.in_folder(str(tmp_path), None)), 12)
    prefix = prefix_of(files)
    prefix.parent.mkdir(parents=True)
    for iteration in (4, 8, 12):
        snapshot(prefix, iteration)
    snapshot(prefix.with_name("net10"), 11)
    return files


@pytest.fixture
def prefix(files: TrainingFiles) -> Path:
    return prefix_of(files)


def prefix_of(files: TrainingFiles) -> Path:
    return Path(files.workspace.layout.snapshot_prefix(files.training))


def of_length(files: TrainingFiles, max_iter: int) -> TrainingFiles:
    schedule = replace(files.training.schedule, max_iter=max_iter)
    return replace(files, training=replace(files.training, schedule=schedule))


def snapshot(prefix: Path, iteration: int) -> None:
    model = caffe_pb2.NetParameter(name="n")
    model.layer.add(name="ip", type="InnerProduct").blobs.add(data=[1.0, 2.0]).shape.dim.append(2)
    path(prefix, iteration, "caffemodel").write_bytes(model.SerializeToString())
    state = caffe_pb2.SolverState(iter=iteration)
    state.history.add(data=[1.0, 2.0]).shape.dim.append(2)
    path(prefix, iteration, "solverstate").write_bytes(state.SerializeToString())


def path(prefix: Path, iteration: int, ending: str) -> Path:
    return Path(f"{prefix}_iter_{iteration}.{ending}")


def progress(prefix: Path, iteration: int) -> Progress:
    return Progress(iteration, f"{prefix}_iter_{iteration}.solverstate")


def test_the_furthest(files: TrainingFiles, prefix: Path) -> None:
    assert files.progress == progress(prefix, 12)
    assert of_length(files, 11).progress == progress(prefix, 8), "beyond the end there is nothing to go on from"
    assert replace(files, training=replace(files.training, name="net2")).progress == Progress(0)
    assert files.has_ended
    assert not of_length(files, 13).has_ended


@pytest.mark.parametrize("ending", ["caffemodel", "solverstate"])
@pytest.mark.parametrize("damage", ["missing", "empty", "half"])
def test_half_a_snapshot_is_none(files: TrainingFiles, prefix: Path, ending: str, damage: str) -> None:
    file = path(prefix, 12, ending)
    whole = file.read_bytes()
    file.unlink()
    if damage != "missing":
        file.write_bytes(whole[: len(whole) // 2] if damage == "half" else b"")
    assert files.progress == progress(prefix, 8)
    assert files.has_ended == (ending == "solverstate"), "a final caffemodel is enough to be done"


def test_a_state_of_another_iteration_is_no_pair(files: TrainingFiles, prefix: Path) -> None:
    path(prefix, 12, "solverstate").write_bytes(path(prefix, 8, "solverstate").read_bytes())
    assert files.progress == progress(prefix, 8)


def test_what_is_older_than_the_initial_weights_does_not_count(files: TrainingFiles, prefix: Path) -> None:
    initial = files.initial
    assert initial is not None
    initial.write_bytes(b"x")
    old, new = 10**18, 2 * 10**18
    for iteration in (4, 8, 12):
        os.utime(path(prefix, iteration, "caffemodel"), ns=(old, new if iteration == 4 else old))
    os.utime(initial, ns=(old, new))
    assert files.progress == progress(prefix, 4)
    assert not files.has_ended


def test_set_aside(files: TrainingFiles, prefix: Path) -> None:
    path(prefix, 8, "solverstate").unlink()
    moved = files.set_aside()
    assert sorted(p.name for p in moved) == sorted(p.name for p in (prefix.parent / "replaced").iterdir())
    assert len(moved) == 5
    assert files.progress == Progress(0)
    assert path(prefix.with_name("net10"), 11, "caffemodel").is_file()


def test_set_aside_that_is_cut_short_is_taken_up(
    files: TrainingFiles, prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was moved so far, no state is left to meet a caffemodel of another training."""
    replaced = Path.replace
    moves = 0

    def interrupted(self: Path, target: Path) -> Path:
        nonlocal moves
        moves += 1
        if moves == 2:
            raise KeyboardInterrupt
        return replaced(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.set_aside()
    states = list(prefix.parent.glob("net1_iter_*.solverstate"))
    assert all(state.with_suffix(".caffemodel").is_file() for state in states)
    files.set_aside()
    assert not list(prefix.parent.glob("net1_iter_*"))


def test_its_logs(files: TrainingFiles, tmp_path: Path) -> None:
    logs = tmp_path / "logs/cifar10/resnet26-resnet14/kd"
    assert files.log == logs / "net1.log"
    assert files.diverged_log == logs / "net1.diverged.log"
    assert files.own_solver == logs / "net1.solver.prototxt"
