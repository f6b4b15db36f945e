"""What was stopped or killed goes on from where it was, as if nothing had happened."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fake_engine import FakeEngine
from small_run import NET1, TEACHER, trained

from layerhint.errors import LayerhintError
from layerhint.records.notes import Started
from layerhint.records.records import read_finished, read_started, remove_record, write_started
from layerhint.running.plan import Plan
from layerhint.running.run import run
from layerhint.steps.snapshot_every import SnapshotEvery
from layerhint.steps.step import Context, StoppedError
from layerhint.watching.watcher import Watcher


class Ends(Watcher):
    """Keeps what it is told of the ends of steps."""

    def __init__(self) -> None:
        self.ends: list[tuple[str, str, str]] = []

    def ended(self, step_id: str, state: str, note: str) -> None:
        self.ends.append((step_id, state, note))


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


def test_stopped_with_a_snapshot_and_taken_up_again(
    scene: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, context = scene
    monkeypatch.setenv("FAKE_CAFFE", "wait")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # A shell ignores it for what it runs in the background.
    log = log_of(context, TEACHER)
    interrupter = when_shown(log, "Iteration 3 ", lambda: os.kill(os.getpid(), signal.SIGINT))
    told = Ends()
    with pytest.raises(StoppedError):
        run(plan, replace(context, watchers=(told,)))
    interrupter.join()
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
