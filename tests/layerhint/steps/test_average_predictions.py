"""Nets that run together: whose mean of probabilities is right."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_engine import FakeEngine

from layerhint.experiments.experiment import load_experiment
from layerhint.nets.data_layer import LabelledBatch
from layerhint.steps import average_predictions
from layerhint.steps.average_predictions import AveragePredictions
from layerhint.steps.step import Context
from layerhint.steps.workspace import Workspace
from layerhint.trainings.expand import expand
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display

LABELS = [0, 1, 2, 1]
# Net 1 is right about the first and the third image, net 2 about the first and the fourth. Their mean is right about
# the first, the second, where both are nearly, and the third, where net 1 is the surer.
PROBABILITIES = {
    "net1": [[0.6, 0.3, 0.1], [0.0, 0.4, 0.6], [0.1, 0.0, 0.9], [0.9, 0.1, 0.0]],
    "net2": [[0.5, 0.2, 0.3], [0.6, 0.4, 0.0], [0.6, 0.0, 0.4], [0.4, 0.6, 0.0]],
}


class Images:
    """Two batches of two images, each image its own number."""

    batch_size = 2

    def __init__(self, test_net: Path) -> None:
        pass

    def batches(self, size: int, count: int) -> Iterator[LabelledBatch]:
        for start in range(0, count, size):
            numbers = np.arange(start, start + size)
            yield LabelledBatch(numbers, numbers, np.array(LABELS)[numbers])


class Net:
    """A net of known probabilities."""

    def __init__(self, engine: object, model: Path, weights: Path, threads: int) -> None:
        self._probabilities = np.array(PROBABILITIES[weights.name.split("_")[0]], np.float32)

    def __enter__(self) -> "Net":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def forward(self, images: np.ndarray, blobs: Sequence[str]) -> list[np.ndarray]:
        assert blobs == ["prob"]
        return [self._probabilities[images][:, :, None, None]]


def test_the_mean_of_probabilities_and_not_of_accuracies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fakes: dict[str, Any] = {"DataLayerImages": Images, "NetProcess": Net}
    for name, fake in fakes.items():
        monkeypatch.setattr(average_predictions, name, fake)
    trainings = {training.id: training for training in expand(load_experiment("table1"))}
    plain = trainings["cifar10/resnet14/plain/plain"]
    first, second = (trainings[f"cifar10/resnet26-resnet14/kd/net{k}"] for k in (1, 2))
    nets = [replace(net, schedule=replace(net.schedule, test_iter=2)) for net in (first, second)]
    workspace = Workspace.in_folder(str(tmp_path), None)
    context = Context(workspace, FakeEngine(None), Display(), {}, Outlook({}))
    result = AveragePredictions(nets, plain, tmp_path).execute(context)
    assert result.nets == (first.id, second.id)
    assert result.singles == (0.5, 0.5)
    assert result.accuracy == 0.75
