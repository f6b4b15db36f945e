"""Average predictions: how well a method's nets do together, for the paper's open point `averaging`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import torchcaffe as caffe
from layerhint.datasets.manifest import dataset_fingerprint
from layerhint.engines.net_process import NetProcess
from layerhint.errors import LayerhintError
from layerhint.machine import cores
from layerhint.records import fingerprint
from layerhint.steps.step import Context, Step
from layerhint.trainings.trainings import Training
from torchcaffe.data.db import DatumReader
from torchcaffe.data.transformer import DataTransformer
from torchcaffe.proto.text import read_net

Array = npt.NDArray[Any]
PROBABILITIES = "prob"


class AveragePredictions(Step):
    """Runs a method's students on the test images, on the CPU: the accuracy of the mean of their probabilities.

    `nets` differ in their weights alone; `plain` is the training with the deploy net that all of them fit.
    """

    kind = "average predictions"

    def __init__(self, nets: Sequence[Training], plain: Training, data: Path) -> None:
        super().__init__(f"averages/{nets[0].folder}", tuple(net.id for net in nets))
        self.nets = tuple(nets)
        self.plain = plain
        self.data = data / plain.dataset

    def inputs(self, context: Context) -> dict[str, str]:
        files = (self._deploy(context), self._test(context))
        weights = [context.workspace.layout.final_weights(net) for net in self.nets]
        return {
            "engine": context.engine.name,
            "data": dataset_fingerprint(self.data),
            **{path: fingerprint.of_prototxt(context.texts[path]) for path in files},
            **{path: fingerprint.of_file(Path(path)) for path in weights},
        }

    def outputs(self, context: Context) -> tuple[Path, ...]:
        return ()

    def execute(self, context: Context) -> dict[str, Any]:
        layout = context.workspace.layout
        model, test = Path(self._deploy(context)), Path(self._test(context))
        total: Array | None = None
        batches = self.nets[0].schedule.test_iter or 0
        labels = np.concatenate([labels for _, labels in _test_images(test, batches)])
        singles = []
        for net in self.nets:
            with NetProcess(context.engine, model, Path(layout.final_weights(net)), cores()) as process:
                found = [process.forward(images, [PROBABILITIES])[0] for images, _ in _test_images(test, batches)]
            probabilities = np.concatenate(found).astype(np.float64)
            singles.append(_accuracy(probabilities, labels))
            total = probabilities if total is None else total + probabilities
        if total is None:
            raise RuntimeError(f"{self.id} has no nets")
        return {"nets": [net.id for net in self.nets], "accuracy": _accuracy(total, labels), "singles": singles}

    def _deploy(self, context: Context) -> str:
        return self._path(context.workspace.layout.deploy_net(self.plain))

    def _test(self, context: Context) -> str:
        return self._path(context.workspace.layout.test_net(self.plain))

    def _path(self, net: str | None) -> str:
        if net is None:
            raise LayerhintError(
                f"{self.plain.id} has no deploy and test net, so that its predictions cannot be averaged"
            )
        return net


def _test_images(test_net: Path, batches: int) -> Iterator[tuple[Array, Array]]:
    """The images and labels that `caffe test -iterations <batches>` sees, as the net's Data layer prepares them."""
    (layer,) = (layer for layer in read_net(test_net).layer if layer.type == "Data")
    reader = DatumReader(layer.data_param.source, f"layer '{layer.name}'")
    transformer = DataTransformer(layer.transform_param, caffe.TEST, f"layer '{layer.name}'")
    for _ in range(batches):
        batch = reader.read(layer.data_param.batch_size)
        yield transformer.transform(batch.images), batch.labels.astype(np.int64)


def _accuracy(scores: Array, labels: Array) -> float:
    """The share of rows (N, classes) whose largest score is the label's."""
    return float(np.mean(scores.reshape(len(labels), -1).argmax(axis=1) == labels))
