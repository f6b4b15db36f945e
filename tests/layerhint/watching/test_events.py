"""TensorBoard's event files hold the points of the logs."""

from pathlib import Path

import pytest
from made_records import train_point
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from layerhint.experiments.experiment import load_experiment
from layerhint.records.curves import TestPoint
from layerhint.trainings.expand import expand
from layerhint.watching.caffe_log import LogReader
from layerhint.watching.events import EventFiles

TRAINING = expand(load_experiment("table1", profile="smoke"))[0]


def scalars(folder: Path) -> dict[tuple[str, int], float]:
    (file,) = (folder / TRAINING.id).glob("events.out.tfevents.*")
    found: dict[tuple[str, int], float] = {}
    for event in EventFileLoader(str(file)).Load():
        for value in event.summary.value:
            assert (value.tag, event.step) not in found, "written twice"
            found[(value.tag, event.step)] = pytest.approx(value.tensor.float_val[0])
    return found


def test_every_point_once_and_whole_when_the_training_goes_on(tmp_path: Path) -> None:
    reader = LogReader()
    files = EventFiles(tmp_path)
    reader.train[0] = train_point(0, 2.5, {"loss": 2.25}, 0.1)
    files.trained(TRAINING, reader, 0)
    reader.train[10] = train_point(10, 1.5)
    files.trained(TRAINING, reader, 0)
    reader.train[10] = train_point(10, 1.5, {"loss": 1.25}, 0.01)
    reader.test[10] = TestPoint(iteration=10, outputs={"accuracy": 0.5})
    files.trained(TRAINING, reader, 0)
    files.ended(TRAINING.id, "stopped", "")
    points = {
        ("train/loss", 0): 2.5,
        ("train/output/loss", 0): 2.25,
        ("lr", 0): 0.1,
        ("train/loss", 10): 1.5,
        ("train/output/loss", 10): 1.25,
        ("lr", 10): 0.01,
        ("test/accuracy", 10): 0.5,
    }
    assert scalars(tmp_path) == points
    again = EventFiles(tmp_path)
    reader.train[20] = train_point(20, 0.5)
    again.trained(TRAINING, reader, 10)
    again.ended(TRAINING.id, "done", "")
    assert scalars(tmp_path) == {**points, ("train/loss", 20): 0.5}
