"""The driver on a stand-in for Caffe: what is done, what is kept, what is done again and why."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine

from layerhint.driver.given_teacher import with_given_teacher
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.paths import ROOT
from layerhint.records.fingerprint import of_prototxt
from layerhint.records.finished import Finished, Result
from layerhint.records.notes import Started
from layerhint.records.records import (
    is_past,
    read_failed,
    read_finished,
    read_started,
    remove_record,
    write_started,
)
from layerhint.records.training import TrainingResult
from layerhint.rendering.render import render, write
from layerhint.running.plan import Plan, make_plan
from layerhint.running.run import mark, run
from layerhint.steps.snapshot_every import SnapshotEvery
from layerhint.steps.step import Context, Step, StoppedError
from layerhint.steps.workspace import Workspace
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display
from layerhint.watching.watcher import Watcher
from torchcaffe.proto import caffe_pb2

TEACHER = "cifar10/resnet14/plain/plain"
NET1 = "cifar10/resnet14-resnet8/kd/net1"


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Plan, Context]:
    """KD of one student from a small teacher, on the sample, in an empty folder."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("FAKE_CAFFE", raising=False)
    experiment = tmp_path / "small.yaml"
    experiment.write_text(
        "name: small\ntitle: small\ndataset: cifar10\nteacher: {depth: 14}\nstudent: {depth: 8}\n"
        "methods: [kd]\nnets: 1\n"
    )
    return setting(experiment, tmp_path)


def setting(experiment: Path, folder: Path, **overrides: Any) -> tuple[Plan, Context]:
    experiments = [load_experiment(experiment, overrides, profile="smoke")]
    workspace = Workspace.in_folder(str(folder / "run"), None)
    texts = render(experiments, workspace.layout)
    write(texts)
    plan = make_plan(experiments, workspace)
    return plan, Context(workspace, FakeEngine(None), Display(), texts, Outlook({}))


def trained(records: Path, training: str) -> Finished[TrainingResult]:
    found = read_finished(records, training)
    assert found is not None
    record = found.of(TrainingResult)
    assert record is not None
    return record


class Ends(Watcher):
    """Keeps what it is told of the ends of steps."""

    def __init__(self) -> None:
        self.ends: list[tuple[str, str, str]] = []

    def ended(self, step_id: str, state: str, note: str) -> None:
        self.ends.append((step_id, state, note))


def test_every_step_once_and_then_none(scene: tuple[Plan, Context]) -> None:
    plan, context = scene
    assert [step.id for step in plan.steps] == [
        "data/cifar10",
        TEACHER,
        "cifar10/resnet8/plain/plain",
        f"{NET1}_init",
        NET1,
    ]
    assert list(plan.pending(context)) == [step.id for step in plan.steps]
    assert run(plan, context).done == 5
    assert plan.pending(context) == {}
    assert run(plan, context).done == 0
    record = trained(context.workspace.records, NET1)
    result = record.result
    assert result.made_by == "driver"
    assert (result.device, result.threads) == ("cpu", 2)
    assert result.final == {"accuracy": 0.625}
    assert result.curves.train[0].loss == 10
    assert len(result.curves.train) == result.iterations_run == 30
    assert result.frozen is not None
    assert result.frozen.identical
    generated = context.workspace.layout.solver(plan.trains[-1].training)
    assert 'lr_policy: "multistep"' in record.prototxt[generated]
    for path, text in record.prototxt.items():
        assert of_prototxt(text) == record.inputs[path]
    assert len(record.prototxt) == 3  # solver, training net, test net
    assert record.provenance.packages["numpy"]
    assert result.frozen.batch_norm_layers == 13  # 6 n + 1 convolutions in a 14-layer ResNet, n = 2.


def test_a_changed_schedule_trains_again_what_depends_on_it(scene: tuple[Plan, Context], tmp_path: Path) -> None:
    run(*scene)
    plan, context = setting(tmp_path / "small.yaml", tmp_path, **{"kd.lambda": 4})
    pending = plan.pending(context)
    assert list(pending) == [f"{NET1}_init", NET1]
    assert "stage2_train.prototxt" in pending[f"{NET1}_init"]
    assert run(plan, context).done == 2
    replaced = Path(context.workspace.layout.weights) / "cifar10/resnet14-resnet8/kd/replaced"
    assert [path.name for path in sorted(replaced.iterdir())] == ["net1_iter_30.caffemodel", "net1_iter_30.solverstate"]


def test_another_device_trains_nothing_again(scene: tuple[Plan, Context], tmp_path: Path) -> None:
    """The solvers of a real Caffe say which device it is."""
    plan, context = scene
    run(plan, context)
    on_cpu = render(load_experiment(tmp_path / "small.yaml", profile="smoke"), context.workspace.layout, "CPU")
    assert on_cpu != context.texts
    assert plan.pending(replace(context, texts=on_cpu)) == {}


def test_a_result_that_is_gone_or_altered_is_made_again(scene: tuple[Plan, Context]) -> None:
    plan, context = scene
    run(plan, context)
    student = Path(context.workspace.layout.final_weights(plan.trains[1].training))
    student.unlink()
    assert list(plan.pending(context).values()) == [f"missing: {student}"]
    student.write_bytes(b"x")
    assert list(plan.pending(context).values()) == [f"no longer what this step left: {student}"]


def test_stopped_with_a_snapshot_and_taken_up_again(
    scene: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, context = scene
    monkeypatch.setenv("FAKE_CAFFE", "wait")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # A shell ignores it for what it runs in the background.
    log = context.workspace.logs / f"{TEACHER}.log"

    def interrupt_at_iteration_3() -> None:
        while not (log.is_file() and "Iteration 3 " in log.read_text()):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt_at_iteration_3)
    thread.start()
    told = Ends()
    with pytest.raises(StoppedError):
        run(plan, replace(context, watchers=(told,)))
    thread.join()
    assert told.ends[-1] == (TEACHER, "stopped", "")
    monkeypatch.delenv("FAKE_CAFFE")
    with log.open("a") as lines:  # As if it had gone on after its last snapshot, and been killed.
        lines.write("I1123 08:06:00.123456  4711 solver.py:93] Iteration 77, loss = 1.5\n")
    run(plan, context)
    record = trained(context.workspace.records, TEACHER)
    assert (record.result.resumed_from or "").endswith("plain_iter_4.solverstate")
    assert record.result.iterations_run == 4 + 26, "both stints count"
    assert [point.iteration for point in record.result.curves.train] == list(range(30))
    assert read_started(context.workspace.records, TEACHER) is None


def test_what_was_trained_by_hand_is_taken_up(scene: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch) -> None:
    plan, context = scene
    run(Plan(plan.steps[:1]), context)
    teacher = plan.trains[0].training
    layout = context.workspace.layout
    Path(layout.final_weights(teacher)).parent.mkdir(parents=True)
    by_hand = context.engine.train(layout.solver(teacher), None, None, Path(layout.weights) / "by_hand.log")
    assert by_hand.wait() == 0
    written = Path(layout.final_weights(teacher)).stat().st_mtime_ns
    run(Plan(plan.steps[:2]), context)
    assert Path(layout.final_weights(teacher)).stat().st_mtime_ns == written
    record = trained(context.workspace.records, TEACHER)
    assert record.result.made_by == "hand"
    assert record.result.iterations_run == 0
    assert record.result.final == {"accuracy": 0.375}, "measured by `caffe test`, since there is no log of it"


def test_what_was_trained_anew_by_hand_is_measured_anew(scene: tuple[Plan, Context]) -> None:
    """The driver's log tells of another caffemodel."""
    plan, context = scene
    plan = Plan(plan.steps[:2])
    run(plan, context)
    teacher = Path(context.workspace.layout.final_weights(plan.trains[0].training))
    net = caffe_pb2.NetParameter.FromString(teacher.read_bytes())
    net.layer[1].blobs[0].data[0] += 1
    teacher.write_bytes(net.SerializeToString())
    run(plan, context)
    record = trained(context.workspace.records, TEACHER)
    assert record.result.made_by == "hand"
    assert record.result.curves.train == ()
    assert record.result.final == {"accuracy": 0.375}, "measured by `caffe test`"
    assert plan.pending(context) == {}


def test_a_figure_of_the_past_is_none_until_its_training_is_done_again(
    scene: tuple[Plan, Context], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A student that diverges under new settings has no result, and so have those that could not begin."""
    run(*scene)
    plan, context = setting(tmp_path / "small.yaml", tmp_path, **{"plain.base_lr": 0.5})
    monkeypatch.setenv("FAKE_CAFFE", "nan")
    records = context.workspace.records
    mark(plan, plan.pending(context), context)
    student = "cifar10/resnet8/plain/plain"
    assert {name for name in (TEACHER, student, NET1) if is_past(records, name)} == {TEACHER, student, NET1}
    run(plan, context)
    assert read_finished(records, student) is not None
    assert {name for name in (TEACHER, student, NET1) if is_past(records, name)} == {student}
    monkeypatch.delenv("FAKE_CAFFE")
    run(plan, context)
    assert not is_past(records, student)


def test_a_moved_teacher_fails_the_step(scene: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_CAFFE", "move")
    with pytest.raises(LayerhintError, match="blob 1 of frozen layer 'teacher/conv1/bn' is not bit for bit"):
        run(*scene)
    assert read_finished(scene[1].workspace.records, NET1) is None


def test_a_diverged_training_stops_alone(scene: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch) -> None:
    plan, context = scene
    monkeypatch.setenv("FAKE_CAFFE", "nan")
    student = "cifar10/resnet8/plain/plain"
    outcome = run(Plan((*plan.steps, Needy("after", (student,)))), context)
    assert outcome.done == 4, "data, teacher, surgery and the student of KD, which does not need the plain one"
    assert list(outcome.failed) == [student]
    assert "the training loss is nan at iteration 11, after 0.9091 at iteration 10" in outcome.failed[student]
    assert outcome.blocked == {"after": student}
    with pytest.raises(LayerhintError, match=f"1 step failed, the rest is done. {student}: .*they need it: after$"):
        outcome.require_whole()
    records = context.workspace.records
    assert read_finished(records, student) is None
    assert read_started(records, student) is None
    assert not list(Path(context.workspace.layout.weights, "cifar10/resnet8/plain").glob("*.caffemodel"))
    assert "loss = nan" in (context.workspace.logs / f"{student}.diverged.log").read_text()
    assert plan.pending(context)[student].startswith("the last time, the training loss is nan at iteration 11")
    monkeypatch.delenv("FAKE_CAFFE")
    assert run(plan, context).done == 1
    assert read_failed(records, student) is None


class Needy(Step):
    """A step that needs another one, and leaves nothing."""

    kind = "test"

    def inputs(self, context: Context) -> dict[str, str]:
        return {}

    def outputs(self, context: Context) -> tuple[Path, ...]:
        return ()

    def execute(self, context: Context) -> Result:
        raise AssertionError("done although what it needs is not there")


def test_a_failed_training_says_why(scene: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_CAFFE", "fail")
    with pytest.raises(
        LayerhintError, match=r"resnet14/plain/plain: layer 'conv1'.*out of imagination \(log: .*\.log\)"
    ):
        run(*scene)


def log_of(context: Context, step: str) -> Path:
    return context.workspace.logs / f"{step}.log"


def when_shown(log: Path, text: str, act: Callable[[], object]) -> threading.Thread:
    """Acts as soon as a log shows a text."""

    def wait() -> None:
        while not (log.is_file() and text in log.read_text()):
            time.sleep(0.02)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_training_that_is_killed_goes_on_from_its_last_snapshot(
    scene: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, context = scene
    context = replace(context, snapshots=SnapshotEvery(iterations=2))
    monkeypatch.setenv("FAKE_CAFFE", "wait")
    processes: list[subprocess.Popen[bytes]] = []
    started = FakeEngine.train
    monkeypatch.setattr(FakeEngine, "train", lambda *given: processes.append(started(*given)) or processes[-1])
    killer = when_shown(log_of(context, TEACHER), "Iteration 3 ", lambda: processes[0].kill())
    with pytest.raises(LayerhintError, match=f"{TEACHER}: it was ended by SIGKILL"):
        run(plan, context)
    killer.join()
    begun = read_started(context.workspace.records, TEACHER)
    assert begun is not None
    assert begun.iterations == 2, "iteration 3 is lost: it was after the snapshot"
    assert plan.pending(context)[TEACHER] == "begun, but not done"
    monkeypatch.delenv("FAKE_CAFFE")
    run(Plan(plan.steps[:2]), context)
    record = trained(context.workspace.records, TEACHER)
    assert (record.result.resumed_from or "").endswith("plain_iter_2.solverstate")
    assert record.result.iterations_run == 30
    assert [point.iteration for point in record.result.curves.train] == list(range(30))
    solver = Path(context.workspace.layout.solver(plan.trains[0].training))
    assert "snapshot: 2\n" in log_of(context, TEACHER).with_suffix(".solver.prototxt").read_text()
    assert "snapshot: 2\n" not in solver.read_text(), "what is rendered, and so what is up to date, does not change"


def test_a_training_that_lacks_its_last_test_gets_it(scene: tuple[Plan, Context]) -> None:
    """Killed between the final snapshot and the end of the test: neither by hand nor done."""
    plan, context = scene
    some = Plan(plan.steps[:2])
    run(some, context)
    whole = trained(context.workspace.records, TEACHER).result
    log = log_of(context, TEACHER)
    log.write_text(log.read_text().partition("Testing net")[0] + "I1123 09:1")
    remove_record(context.workspace.records, TEACHER)
    run(some, context)
    again = trained(context.workspace.records, TEACHER).result
    assert again.made_by == "driver"
    assert (again.resumed_from or "").endswith("plain_iter_30.solverstate")
    assert (again.curves, again.final) == (whole.curves, whole.final)


def test_a_final_caffemodel_without_its_state_is_no_end(scene: tuple[Plan, Context]) -> None:
    """Killed between the two files of the last snapshot, with no other: it begins anew, and that is not by hand."""
    plan, context = scene
    some = Plan(plan.steps[:2])
    run(some, context)
    layout = context.workspace.layout
    final = Path(layout.final_weights(plan.trains[0].training))
    final.with_suffix(".solverstate").unlink()
    log = log_of(context, TEACHER)
    log.write_text(log.read_text().partition("Snapshotting")[0])
    remove_record(context.workspace.records, TEACHER)
    run(some, context)
    record = trained(context.workspace.records, TEACHER)
    result = record.result
    assert (result.made_by, result.resumed_from, result.iterations_run) == ("driver", None, 30)
    assert final.with_suffix(".solverstate").is_file()


def test_surgery_whose_driver_was_killed_is_the_driver_s(scene: tuple[Plan, Context]) -> None:
    """Killed after the caffemodel, before the record: it is not taken for one that was made by hand."""
    plan, context = scene
    run(Plan(plan.steps[:4]), context)
    done = read_finished(context.workspace.records, f"{NET1}_init")
    assert done is not None
    write_started(context.workspace.records, f"{NET1}_init", Started(inputs=dict(done.inputs)))
    remove_record(context.workspace.records, f"{NET1}_init")
    assert plan.pending(context)[f"{NET1}_init"] == "begun, but not done"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("layerhint.steps.copy_weights.is_made", lambda _: True)
        patch.setattr(FakeEngine, "operate", lambda *_: pytest.fail("it is made already"))
        run(Plan(plan.steps[:4]), context)
    again = read_finished(context.workspace.records, f"{NET1}_init")
    assert again is not None
    assert replace(again, seconds=done.seconds) == done
    assert read_started(context.workspace.records, f"{NET1}_init") is None


def test_a_teacher_that_is_given_is_tested_and_not_trained(
    scene: tuple[Plan, Context], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in's caffemodels have the net's layers, but not its shapes."""
    monkeypatch.setattr("layerhint.driver.given_teacher.check_weights_fit", lambda *_: None)
    plan, context = scene
    run(Plan(plan.steps[:2]), context)
    given = tmp_path / "teacher.caffemodel"
    given.write_bytes(Path(context.workspace.layout.final_weights(plan.trains[0].training)).read_bytes())

    experiments = [load_experiment(tmp_path / "small.yaml", profile="smoke")]
    workspace = Workspace.in_folder(str(tmp_path / "taken"), None)
    texts = render(experiments, workspace.layout)
    taken = with_given_teacher(make_plan(experiments, workspace), experiments, given, workspace.layout, texts)
    context = replace(context, workspace=workspace, texts=texts)
    write(context.texts)
    assert [step.kind for step in taken.steps] == ["make data", "take teacher", "train", "copy weights", "train"]
    assert run(taken, context).done == 5
    assert taken.pending(context) == {}
    record = trained(workspace.records, TEACHER)
    result = record.result
    assert result.made_by == "taken from teacher.caffemodel"
    assert result.final is not None
    assert result.final["accuracy"] > 0
    assert result.training.id == TEACHER

    model = caffe_pb2.NetParameter.FromString(given.read_bytes())
    model.layer[0].name += "_other"
    given.write_bytes(model.SerializeToString())
    assert taken.pending(context)[TEACHER] == f"changed: {given}"
