"""Take teacher: takes a given caffemodel as the teacher, instead of training one."""

import json
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from layerhint.datasets.manifest import dataset_fingerprint
from layerhint.errors import LayerhintError
from layerhint.files import make_folder, write_text
from layerhint.records import fingerprint, ids
from layerhint.records.curves import Curves
from layerhint.records.training import NOTHING_FROZEN, Setting, TakeTeacherResult
from layerhint.steps.step import Context, Step
from layerhint.steps.training_result import identity
from layerhint.surgery.surgery import lineage_path
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import read_test_log


class TakeTeacher(Step):
    """Copies every layer of a teacher from a caffemodel by net surgery, and tests it.

    Surgery refuses the caffemodel of another net, even a deeper one. The copy lies where the training would have left
    its final caffemodel, so that the steps that follow are the same.
    """

    kind = TakeTeacherResult.kind

    def __init__(self, training: Training, weights: Path, setting: Setting, data: Path) -> None:
        super().__init__(training.id, (ids.data(training.dataset),))
        self.training = training
        self.weights = weights
        self.setting = setting
        self.data = data

    def inputs(self, context: Context) -> dict[str, str]:
        return {
            "engine": context.engine.kind,
            "data": dataset_fingerprint(self.data),
            **{net: fingerprint.of_prototxt(context.texts[net]) for net in self._nets(context)},
            str(self.weights): fingerprint.of_file(self.weights),
        }

    def outputs(self, context: Context) -> tuple[Path, ...]:
        output = Path(context.workspace.layout.final_weights(self.training))
        return (output, lineage_path(output))

    def execute(self, context: Context) -> TakeTeacherResult:
        output = self.outputs(context)[0]
        declaration = output.with_suffix(".surgery.yaml")
        train_net, test_net = self._nets(context)
        make_folder(output.parent)
        write_text(
            declaration,
            json.dumps(  # Which is YAML, too.
                {
                    "net": train_net,
                    "seed": self.training.seed,
                    "output": str(output),
                    "sources": [{"weights": str(self.weights), "layers": "all"}],
                },
                indent=1,
            )
            + "\n",
        )
        engine = context.engine.here()
        engine.operate(declaration)
        batches = self.training.schedule.test_iter
        final = read_test_log(engine.test(test_net, str(output), batches)) if batches else None
        if final:
            context.display.say(f"  {self.weights}: accuracy {final['accuracy']:.4f} on the test images")
        return TakeTeacherResult(
            training=identity(self.training),
            profile=self.setting.profile,
            scale=self.setting.scale,
            overrides=self.setting.overrides,
            data=self.setting.data,
            engine=engine.describe(),
            device=None,
            precision=engine.precision,
            threads=None,
            made_by=f"taken from {self.weights.name}",
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            iterations_run=0,
            iterations_per_second=None,
            resumed_from=None,
            curves=Curves(train=(), test=()),
            final=final,
            frozen=NOTHING_FROZEN,
        )

    def declared(self, context: Context, inputs: Collection[str]) -> dict[str, str]:
        """Its nets."""
        return super().declared(context, self._nets(context))

    def _nets(self, context: Context) -> tuple[str, str]:
        layout = context.workspace.layout
        test = layout.test_net(self.training)
        if test is None:
            raise LayerhintError(f"{self.training.id} has no net to test it with")
        return layout.train_net(self.training), test


def teacher_of(trainings: Iterable[Training]) -> Training:
    """The training whose caffemodel others hold frozen. Raises LayerhintError if there is none, or more than one."""
    teachers = teachers_among(trainings)
    if len(teachers) != 1:
        names = ", ".join(teacher.id for teacher in teachers) or "none that this run would train"
        raise LayerhintError(f"--teacher-from gives one teacher, and the experiments have {names}: run one at a time")
    return teachers[0]


def teachers_among(trainings: Iterable[Training]) -> tuple[Training, ...]:
    """The plain trainings whose caffemodels others hold frozen, by their ids."""
    by_id = {training.id: training for training in trainings}
    frozen = {training.frozen.training for training in by_id.values() if training.frozen}
    plain = (by_id[each] for each in sorted(filter(None, frozen)) if each in by_id)
    return tuple(training for training in plain if training.stage == 0)
