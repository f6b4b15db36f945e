"""Average predictions: how well a method's nets do together, for the paper's open point `averaging`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from layerhint.datasets.manifest import dataset_fingerprint
from layerhint.engines.net_process import NetProcess
from layerhint.errors import LayerhintError
from layerhint.machine import cores
from layerhint.nets.data_layer import Array, DataLayerImages
from layerhint.records import fingerprint, ids
from layerhint.records.step_results import AveragePredictionsResult
from layerhint.steps.step import Context, Step
from layerhint.trainings.trainings import Training

PROBABILITIES = "prob"


class AveragePredictions(Step):
    """Runs a method's students on the test images, on the CPU: the accuracy of the mean of their probabilities.

    `nets` differ in their weights alone; `plain` is the training with the deploy net that all of them fit.
    """

    kind = AveragePredictionsResult.kind

    def __init__(self, nets: Sequence[Training], plain: Training, data: Path) -> None:
        super().__init__(ids.averages(nets[0].folder), tuple(net.id for net in nets))
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

    def execute(self, context: Context) -> AveragePredictionsResult:
        layout = context.workspace.layout
        model, images = Path(self._deploy(context)), DataLayerImages(Path(self._test(context)))
        total: Array | None = None
        size = images.batch_size
        count = size * (self.nets[0].schedule.test_iter or 0)  # As `caffe test -iterations` sees them.
        labels = np.concatenate([batch.labels for batch in images.batches(size, count)])
        singles = []
        for net in self.nets:
            with NetProcess(context.engine, model, Path(layout.final_weights(net)), cores()) as process:
                outputs = [process.forward(batch.prepared, [PROBABILITIES])[0] for batch in images.batches(size, count)]
            probabilities = np.concatenate(outputs).astype(np.float64)
            singles.append(_accuracy(probabilities, labels))
            total = probabilities if total is None else total + probabilities
        if total is None:
            raise RuntimeError(f"{self.id} has no nets")
        return AveragePredictionsResult(
            nets=tuple(net.id for net in self.nets), accuracy=_accuracy(total, labels), singles=tuple(singles)
        )

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


def _accuracy(scores: Array, labels: Array) -> float:
    """The share of rows (N, classes) whose largest score is the label's."""
    return float(np.mean(scores.reshape(len(labels), -1).argmax(axis=1) == labels))
