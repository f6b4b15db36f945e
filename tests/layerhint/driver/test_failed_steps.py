"""A step that fails says why, and leaves nothing that counts; those that do not need it go on."""

from pathlib import Path

import pytest
from small_run import NET1, STUDENT

from layerhint.errors import LayerhintError
from layerhint.records.finished import Result
from layerhint.records.records import read_failed, read_finished, read_started
from layerhint.running.plan import Plan
from layerhint.running.run import run
from layerhint.steps.step import Context, Step


class Needy(Step):
    """A step that needs another one, and leaves nothing."""

    kind = "test"

    def inputs(self, context: Context) -> dict[str, str]:
        return {}

    def outputs(self, context: Context) -> tuple[Path, ...]:
        return ()

    def execute(self, context: Context) -> Result:
        raise AssertionError("done although what it needs is not there")


def test_a_moved_teacher_fails_the_step(scene: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_CAFFE", "move")
    with pytest.raises(LayerhintError, match="blob 1 of frozen layer 'teacher/conv1/bn' is not bit for bit"):
        run(*scene)
    assert read_finished(scene[1].workspace.records, NET1) is None


def test_a_diverged_training_stops_alone(scene: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch) -> None:
    plan, context = scene
    monkeypatch.setenv("FAKE_CAFFE", "nan")
    outcome = run(Plan((*plan.steps, Needy("after", (STUDENT,)))), context)
    assert outcome.done == 4, "data, teacher, surgery and the student of KD, which does not need the plain one"
    assert list(outcome.failed) == [STUDENT]
    assert "the training loss is nan at iteration 11, after 0.9091 at iteration 10" in outcome.failed[STUDENT]
    assert outcome.blocked == {"after": STUDENT}
    with pytest.raises(LayerhintError, match=f"1 step failed, the rest is done. {STUDENT}: .*they need it: after$"):
        outcome.require_whole()
    records = context.workspace.records
    assert read_finished(records, STUDENT) is None
    assert read_started(records, STUDENT) is None
    assert not list(Path(context.workspace.layout.weights, "cifar10/resnet8/plain").glob("*.caffemodel"))
    assert "loss = nan" in (context.workspace.logs / f"{STUDENT}.diverged.log").read_text()
    assert plan.pending(context)[STUDENT].startswith("the last time, the training loss is nan at iteration 11")
    monkeypatch.delenv("FAKE_CAFFE")
    assert run(plan, context).done == 1
    assert read_failed(records, STUDENT) is None


def test_a_failed_training_says_why(scene: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_CAFFE", "fail")
    with pytest.raises(
        LayerhintError, match=r"resnet14/plain/plain: layer 'conv1'.*out of imagination \(log: .*\.log\)"
    ):
        run(*scene)
