"""Check teacher: tests a teacher that somebody else has trained on the images of this run."""

from pathlib import Path

from layerhint.datasets.manifest import dataset_fingerprint
from layerhint.records import fingerprint
from layerhint.records.step_results import CheckTeacherResult
from layerhint.steps.sendable_step import SendableStep
from layerhint.steps.step import Context
from layerhint.trainings.trainings import TeacherTest
from layerhint.watching.caffe_log import read_test_log


class CheckTeacher(SendableStep):
    """Runs `caffe test`, and leaves nothing but a record.

    A low accuracy shows that the teacher was trained on images that were prepared in another way, before any student
    learns from it.
    """

    kind = CheckTeacherResult.kind

    def __init__(self, test: TeacherTest, needs: tuple[str, ...], data: Path) -> None:
        super().__init__(test.id, needs, data)
        self.test = test

    def inputs(self, context: Context) -> dict[str, str]:
        net, weights = context.workspace.layout.teacher_test(self.test), self.test.weights.path
        return {
            "engine": context.engine.kind,
            "data": dataset_fingerprint(self.data),
            net: fingerprint.of_prototxt(context.texts[net]),
            weights: fingerprint.of_file(Path(weights)),
        }

    def outputs(self, context: Context) -> tuple[Path, ...]:
        return ()

    def files_to_send(self, context: Context) -> tuple[Path, ...]:
        return (Path(self.test.weights.path),)

    def execute(self, context: Context) -> CheckTeacherResult:
        net = context.workspace.layout.teacher_test(self.test)
        final = read_test_log(context.engine.test(net, self.test.weights.path, self.test.test_iter))
        teacher = self.test.net
        chance = 1 / teacher.classes
        context.display.say(
            f"  {teacher.label}: accuracy {final['accuracy']:.4f} on the test images, {chance:.4f} is chance"
        )
        return CheckTeacherResult(dataset=self.test.dataset, engine=context.engine.describe(), final=final)
