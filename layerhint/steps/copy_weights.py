"""Copy weights: the initial caffemodel of a training, by net surgery."""

from collections.abc import Collection
from pathlib import Path

from layerhint.errors import LayerhintError
from layerhint.records import fingerprint, ids
from layerhint.records.records import read_started
from layerhint.records.step_results import CopyWeightsResult
from layerhint.records.training import BY_HAND
from layerhint.steps.step import Context, Step
from layerhint.surgery.surgery import is_made, lineage_path
from layerhint.trainings.trainings import Training


class CopyWeights(Step):
    """Writes [W_G(i-1); W_Si], or [W_GN; W_Sr], with the frozen teacher beside it, as one caffemodel.

    `sources` are the caffemodels that the layers are taken from.
    """

    kind = CopyWeightsResult.kind

    def __init__(self, training: Training, needs: tuple[str, ...], sources: tuple[str, ...]) -> None:
        super().__init__(ids.initial_weights(training.id), needs)
        self.training = training
        self.sources = sources
        self._goes_on = False  # Whether a driver that was killed had begun this step.

    def inputs(self, context: Context) -> dict[str, str]:
        layout = context.workspace.layout
        surgery, net = self._surgery(context), layout.train_net(self.training)
        return {
            "engine": context.engine.name,
            surgery: fingerprint.of_prototxt(context.texts[surgery]),
            net: fingerprint.of_prototxt(context.texts[net]),
            **{path: fingerprint.of_file(Path(path)) for path in self.sources},
        }

    def outputs(self, context: Context) -> tuple[Path, ...]:
        output = Path(context.workspace.layout.initial_weights(self.training) or "")
        return (output, lineage_path(output))

    def begin(self, context: Context, inputs: dict[str, str]) -> None:
        begun = read_started(context.workspace.records, self.id)
        self._goes_on = begun is not None and begun.inputs == inputs
        super().begin(context, inputs)

    def execute(self, context: Context) -> CopyWeightsResult:
        file = Path(self._surgery(context))
        made = is_made(file)
        if not made:  # Made anew, it would be younger than what a person has trained from it: that would not count.
            context.engine.operate(file)
        by_hand = made and not self._goes_on
        return CopyWeightsResult(engine=BY_HAND if by_hand else context.engine.describe())

    def declared(self, context: Context, inputs: Collection[str]) -> dict[str, str]:
        """Only the surgery file: the record of the training keeps the net."""
        return super().declared(context, [self._surgery(context)])

    def _surgery(self, context: Context) -> str:
        surgery = context.workspace.layout.surgery(self.training)
        if surgery is None:
            raise LayerhintError(f"{self.training.id} starts from its fillers: there is nothing to copy")
        return surgery
