"""Measure cost: what a net costs to store and to run, for the report."""

from collections.abc import Iterable
from pathlib import Path

from layerhint.cost.count import count_cost
from layerhint.cost.latency import measure_latency
from layerhint.errors import LayerhintError
from layerhint.records import fingerprint, ids
from layerhint.records.cost import MeasureCostResult
from layerhint.steps.step import Context, Step
from layerhint.trainings.trainings import Training


class MeasureCost(Step):
    """Counts a deploy net's parameters and multiply-adds, and measures how long it takes for one image on the CPU."""

    kind = MeasureCostResult.kind

    def __init__(self, training: Training) -> None:
        super().__init__(ids.cost(training.id), ())
        self.training = training

    def inputs(self, context: Context) -> dict[str, str]:
        net = self._net(context)
        return {"engine": context.engine.name, net: fingerprint.of_prototxt(context.texts[net])}

    def outputs(self, context: Context) -> tuple[Path, ...]:
        return ()

    def execute(self, context: Context) -> MeasureCostResult:
        model = Path(self._net(context))
        latency = measure_latency(model, context.engine)
        cost = count_cost(model, self.training.folder).model_copy(update={"latency": latency})
        return MeasureCostResult(training=self.training.id, cost=cost)

    def _net(self, context: Context) -> str:
        net = context.workspace.layout.deploy_net(self.training)
        if net is None:
            raise LayerhintError(f"{self.training.id} has no deploy net whose cost could be measured")
        return net


def cost_steps(trainings: Iterable[Training]) -> list[MeasureCost]:
    """A step for each net that can be deployed."""
    return [MeasureCost(training) for training in trainings if training.deploy is not None]
