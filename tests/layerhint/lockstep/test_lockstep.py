"""Trainings in lockstep, as the driver runs them on a stand-in for Caffe."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FAKES, FakeEngine

from layerhint.engines.engine import Start
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.lockstep.groups import units
from layerhint.lockstep.run import run_in_lockstep
from layerhint.paths import ROOT
from layerhint.records.finished import Finished
from layerhint.records.records import read_finished
from layerhint.records.training import Lockstep, TrainResult
from layerhint.rendering.render import render, write
from layerhint.running.plan import Plan, make_plan
from layerhint.steps.step import Context, StoppedError
from layerhint.steps.stints import Stint
from layerhint.steps.workspace import Workspace
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display
from layerhint.watching.watcher import Watcher

pytestmark = pytest.mark.timeout(60)

KD = [f"cifar10/resnet14-resnet8/kd/net{number}" for number in (1, 2, 3)]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Plan, Context]:
    """KD of three students from a small teacher, on the sample, in an empty folder."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("FAKE_CAFFE", raising=False)
    return setting(tmp_path, "[kd]", 3)


@pytest.fixture
def begun(scene: tuple[Plan, Context]) -> tuple[Plan, Context]:
    """The scene when all is done that the students need."""
    plan, context = scene
    run_in_lockstep(Plan(tuple(step for step in plan.steps if step.id not in KD)), context)
    return plan, context


class SlowToStop(FakeEngine):
    """Its lockstep takes its time to stop; the file `asked` has a line for each time that it was asked to."""

    def __init__(self, asked: Path) -> None:
        super().__init__(None)
        self._asked = asked

    def train_in_lockstep(self, starts: Sequence[Start], log: Path) -> subprocess.Popen[bytes]:
        flags = [flag for start in starts for flag in [*start.flags(), "-log_file", str(start.log)]]
        slow, fake = (str(FAKES / name) for name in ("fake_slow_stop.py", "fake_lockstep.py"))
        command = [sys.executable, slow, str(self._asked), sys.executable, fake, "train", *flags]
        with log.open("ab") as output:
            return subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)


class Ends(Watcher):
    """Keeps what it is told of the ends of steps."""

    def __init__(self) -> None:
        self.ends: list[tuple[str, str, str]] = []

    def ended(self, step_id: str, state: str, note: str) -> None:
        self.ends.append((step_id, state, note))


class FailsAt(Watcher):
    """Fails when it is told of a training."""

    def __init__(self, training: str) -> None:
        self._training = training

    def trained(self, training: Training, reader: LogReader, since: int) -> None:
        if training.id == self._training and reader.train:
            raise RuntimeError(f"cannot watch {training.id}")


class OverAtOnce(FakeEngine):
    """Its lockstep is over before anybody has looked at a log."""

    def train_in_lockstep(self, starts: Sequence[Start], log: Path) -> subprocess.Popen[bytes]:
        process = super().train_in_lockstep(starts, log)
        process.wait()
        return process


def interrupt_when(so: Callable[[], bool]) -> threading.Thread:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # A shell ignores it for what it runs in the background.

    def run() -> None:
        while not so():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def setting(folder: Path, methods: str, nets: int, **overrides: Any) -> tuple[Plan, Context]:
    experiment = folder / "small.yaml"
    experiment.write_text(
        "title: small\ndataset: cifar10\nteacher: {depth: 14}\nstudent: {depth: 8}\n"
        f"methods: {methods}\nnets: {nets}\n"
    )
    experiments = [load_experiment(experiment, overrides, profile="smoke")]
    workspace = Workspace.in_folder(str(folder / "run"), None)
    texts = render(experiments, workspace.layout)
    write(texts)
    return make_plan(experiments, workspace), Context(workspace, FakeEngine(None), Display(), texts, Outlook({}))


def record(context: Context, step_id: str) -> Finished[TrainResult]:
    found = read_finished(context.workspace.records, step_id)
    assert found is not None
    trained = found.of(TrainResult)
    assert trained is not None
    return trained


def process_log(context: Context) -> Path:
    return context.workspace.logs / f"{KD[0]}.lockstep.log"


def test_stage_2_of_all_methods_is_one_unit_after_all_that_it_needs(tmp_path: Path) -> None:
    plan, context = setting(tmp_path, "[kd, proposed]", 2)
    pending = plan.pending(context)
    ordered = units(plan, pending)
    assert [sorted(step.id for step in unit) for unit in ordered if len(unit) > 1] == [
        [f"cifar10/resnet14-resnet8/{method}/net{number}" for method in ("kd", "proposed") for number in (1, 2)]
    ]
    assert sorted(step.id for unit in ordered for step in unit) == sorted(step.id for step in plan.steps)
    seen: set[str] = set()
    for unit in ordered:
        assert all(need in seen for step in unit for need in step.needs)
        seen.update(step.id for step in unit)
    del pending["cifar10/resnet14-resnet8/kd/net2"]
    assert max(len(unit) for unit in units(plan, pending)) == 3, "what is up to date has no part in it"


def test_three_students_by_one_process(scene: tuple[Plan, Context]) -> None:
    plan, context = scene
    assert run_in_lockstep(plan, context).done == len(plan.steps)
    assert plan.pending(context) == {}
    assert process_log(context).read_text() == "lockstep of 3\n"
    for step_id in KD:
        found = record(context, step_id).result
        assert found.lockstep == Lockstep(others=tuple(other for other in KD if other != step_id), share=0.3333)
        assert [point.iteration for point in found.curves.train] == list(range(30))
        assert found.iterations_run == 30
        assert found.frozen is not None
        assert found.frozen.identical
    assert record(context, "cifar10/resnet14/plain/plain").result.lockstep is None
    assert run_in_lockstep(plan, context).done == 0


def test_the_time_is_shared_out(begun: tuple[Plan, Context]) -> None:
    """Of the lockstep alone: each training was at work for nearly all of it."""
    plan, context = begun
    began = time.monotonic()
    run_in_lockstep(plan, context)
    whole = time.monotonic() - began
    assert 0 < sum(record(context, step_id).seconds for step_id in KD) < whole


def test_stopped_together_and_taken_up_together(begun: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch) -> None:
    plan, context = begun
    monkeypatch.setenv("FAKE_CAFFE", "wait")
    logs = [context.workspace.logs / f"{step_id}.log" for step_id in KD]
    thread = interrupt_when(lambda: all(log.is_file() and "Iteration 3 " in log.read_text() for log in logs))
    with pytest.raises(StoppedError):
        run_in_lockstep(plan, context)
    thread.join()
    monkeypatch.delenv("FAKE_CAFFE")
    assert run_in_lockstep(plan, context).done == 3
    assert process_log(context).read_text() == "lockstep of 3\n"
    for step_id in KD:
        found = record(context, step_id).result
        assert (found.resumed_from or "").endswith("_iter_4.solverstate")
        assert found.iterations_run == 4 + 26
        assert [point.iteration for point in found.curves.train] == list(range(30))


def test_what_has_come_further_goes_on_alone(scene: tuple[Plan, Context]) -> None:
    plan, context = scene
    run_in_lockstep(plan, context)
    weights = Path(context.workspace.layout.weights, "cifar10/resnet14-resnet8/kd")
    for step_id in KD:
        (context.workspace.records / f"{step_id}.json").unlink()
    for name in ("net1", "net2", "net3"):
        for path in weights.glob(f"{name}_iter_*"):
            path.unlink() if name != "net2" else None
    process_log(context).unlink()
    assert run_in_lockstep(plan, context).done == 3
    assert process_log(context).read_text() == "lockstep of 2\n"


def test_one_that_diverges_leaves_the_others_going(
    begun: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, context = begun
    monkeypatch.setenv("FAKE_CAFFE", "nan-kd")
    outcome = run_in_lockstep(plan, context)
    assert list(outcome.failed) == KD[:1]
    assert outcome.done == 2
    assert process_log(context).read_text() == "lockstep of 2\n", "the process was begun again without it"
    assert not list(Path(context.workspace.layout.weights, "cifar10/resnet14-resnet8/kd").glob("net1_iter_*"))
    for step_id in KD[1:]:
        iterations = [point.iteration for point in record(context, step_id).result.curves.train]
        assert iterations == list(range(30))
        assert "Optimization stopped early." in (context.workspace.logs / f"{step_id}.log").read_text()


def test_an_error_at_one_ends_the_run_when_the_others_are_done(
    begun: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, context = begun
    monkeypatch.setenv("FAKE_CAFFE", "nan-kd")
    ends = Ends()
    with pytest.raises(RuntimeError, match=f"cannot watch {KD[1]}"):
        run_in_lockstep(plan, replace(context, watchers=(FailsAt(KD[1]), ends)))
    assert [end[:2] for end in ends.ends[-3:]] == [(KD[1], "failed"), (KD[0], "failed"), (KD[2], "done")]
    assert process_log(context).read_text() == "lockstep of 1\n", "the process was begun again without each of them"
    assert plan.pending(context)[KD[1]] == "begun, but not done"
    assert "the training loss is nan" in plan.pending(context)[KD[0]]


def test_a_stint_that_cannot_be_noted_is_that_training_s_error_alone(
    begun: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, context = begun
    note = Stint.note

    def cannot(self: Stint) -> None:
        if self._id == KD[0]:
            raise LayerhintError("no space is left")
        note(self)

    monkeypatch.setattr(Stint, "note", cannot)
    with pytest.raises(LayerhintError, match="no space is left"):
        run_in_lockstep(plan, context)
    assert list(plan.pending(context)) == [KD[0]]


def test_a_process_that_fails_fails_the_run_with_its_reason(
    begun: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, context = begun
    monkeypatch.setenv("FAKE_CAFFE", "refuse")
    with pytest.raises(LayerhintError, match="net1: these do not go together"):
        run_in_lockstep(plan, context)


def test_one_that_diverges_in_the_last_lines_of_the_log(
    begun: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, context = begun
    monkeypatch.setenv("FAKE_CAFFE", "nan-kd")
    outcome = run_in_lockstep(plan, replace(context, engine=OverAtOnce(None)))
    assert list(outcome.failed) == KD[:1]
    assert outcome.done == 2
    assert process_log(context).read_text() == "lockstep of 3\n", "the others had come to their end with it"


def test_stopped_before_the_process_begins(begun: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch) -> None:
    plan, context = begun
    ends = Ends()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("layerhint.lockstep.run.train_together", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run_in_lockstep(plan, replace(context, watchers=(ends,)))
    assert ends.ends[-3:] == [(step_id, "stopped", "") for step_id in KD]
    assert not list(context.workspace.logs.rglob("kd/*.log")), "none was begun"
    assert run_in_lockstep(plan, context).done == 3


def test_a_process_that_cannot_be_started_ends_the_run(
    begun: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, context = begun

    def no_memory(*_: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(FakeEngine, "train_in_lockstep", no_memory)
    ends = Ends()
    with pytest.raises(OSError, match="Cannot allocate memory"):
        run_in_lockstep(plan, replace(context, watchers=(ends,)))
    assert [(step_id, state) for step_id, state, _ in ends.ends[-3:]] == [(step_id, "failed") for step_id in KD]


def test_a_log_that_cannot_be_made_ends_the_run_and_is_named(
    begun: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, context = begun
    opened = Path.open

    def on_a_full_disk(path: Path, *arguments: Any, **more: Any) -> Any:
        if path.suffix == ".log" and not path.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, *arguments, **more)

    monkeypatch.setattr(Path, "open", on_a_full_disk)
    with pytest.raises(LayerhintError, match=r"cannot write \S+/kd/net1\.log: No space is left"):
        run_in_lockstep(plan, context)


def test_stopped_while_one_that_diverged_is_taken_out(
    begun: tuple[Plan, Context], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, context = begun
    monkeypatch.setenv("FAKE_CAFFE", "nan-kd")
    asked = tmp_path / "asked"
    thread = interrupt_when(asked.exists)
    with pytest.raises(StoppedError):
        run_in_lockstep(plan, replace(context, engine=SlowToStop(asked)))
    thread.join()
    assert asked.read_text() == "asked\n", "once, for both"
    assert process_log(context).read_text() == "lockstep of 3\n", "none was begun again"
    weights = Path(context.workspace.layout.weights, "cifar10/resnet14-resnet8/kd")
    assert {path.name.partition("_")[0] for path in weights.glob("*_iter_*.solverstate")} == {"net2", "net3"}
