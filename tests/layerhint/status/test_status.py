"""The status of a run: what the driver notes, and what another terminal shows of it."""

import io
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from made_records import train_point
from rich.console import Console, RenderableType

from layerhint.driver.pipeline import main
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.records.run_lock import locked
from layerhint.run_command import run_command
from layerhint.running.plan import make_plan
from layerhint.status.board import Board
from layerhint.status.cli import status_of, status_of_all
from layerhint.status.state import FILE, read_status
from layerhint.steps.workspace import Workspace
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader
from layerhint.watching.forecast import works
from layerhint.watching.outlook import Outlook
from layerhint.watching.watcher import Watcher

PLAN = make_plan([load_experiment("table1")], Workspace.of_repository())
WORKS = works([step.training for step in PLAN.trains], in_lockstep=False)
TEACHER = "cifar10/resnet26/plain/plain"
STUDENT = "cifar10/resnet14/plain/plain"
NET1 = "cifar10/resnet26-resnet14/kd/net1"


def training(step_id: str) -> Training:
    return next(step.training for step in PLAN.trains if step.id == step_id)


def shown(content: RenderableType) -> str:
    stream = io.StringIO()
    Console(file=stream, width=200).print(content)
    return stream.getvalue()


class Watched(Watcher):
    """The watchers of a run, as the driver has them."""

    def __init__(self, folder: Path, pending: Mapping[str, str]) -> None:
        outlook = Outlook(WORKS)
        self._watchers = (outlook, Board(folder, PLAN.steps, pending, outlook))

    def began(self, step_id: str, why: str, where: str) -> None:
        for watcher in self._watchers:
            watcher.began(step_id, why, where)

    def trained(self, training: Training, reader: LogReader, since: int) -> None:
        for watcher in self._watchers:
            watcher.trained(training, reader, since)

    def ended(self, step_id: str, state: str, note: str) -> None:
        for watcher in self._watchers:
            watcher.ended(step_id, state, note)


@pytest.fixture
def board(tmp_path: Path) -> Watched:
    """Everything is to be done but the data."""
    return Watched(tmp_path, {step.id: "not done yet" for step in PLAN.steps[1:]})


def reached(iteration: int) -> LogReader:
    reader = LogReader()
    reader.train[iteration] = train_point(iteration, 1.25)
    return reader


def test_what_runs_where_and_for_how_long(board: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    board.began(TEACHER, "not done yet", "box7 GPU 3")
    board.trained(training(TEACHER), reached(1000), 1000)
    clock += 50
    board.trained(training(TEACHER), reached(2000), 1000)
    run = read_status(tmp_path)
    assert run is not None
    step = next(step for step in run.steps if step.id == TEACHER)
    assert (step.state, step.where, step.iteration, step.max_iter) == ("running", "box7 GPU 3", 2000, 64000)
    assert step.speed == pytest.approx(20)  # 1000 iterations in 50 seconds; those before this stint do not count.
    assert step.seconds_left == pytest.approx(62000 / 20)
    assert run.seconds_left is not None
    assert run.seconds_left > step.seconds_left, "the other trainings come after it"
    with locked(tmp_path, print):
        text = shown(status_of(tmp_path))
    assert f"{TEACHER}  running  box7 GPU 3  2,000 of 64,000  loss 1.25  20 it/s  52 min left" in text
    assert "1 of 37 steps done, 1 running, 35 waiting, 0 failed, 0 blocked" in text
    assert "driver: process " in text


def test_two_at_once_halve_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = []
    for busy in ([STUDENT], [STUDENT, TEACHER]):
        monkeypatch.setattr(time, "monotonic", lambda: 0.0)
        board = Watched(tmp_path, {step.id: "" for step in PLAN.steps})
        for step in busy:
            board.began(step, "", "")
            board.trained(training(step), reached(0), 0)
        monkeypatch.setattr(time, "monotonic", lambda: 100.0)
        for step in busy:
            board.trained(training(step), reached(1000), 0)
        board.ended("data/cifar10", "kept", "")  # Any change writes.
        run = read_status(tmp_path)
        assert run is not None
        assert run.seconds_left is not None
        left.append(run.seconds_left)
    assert left[1] < left[0] / 2, "the deeper teacher at the same speed is more than as much work again"


def test_failures_with_their_cause_and_a_driver_that_is_gone(board: Watched, tmp_path: Path) -> None:
    board.began(TEACHER, "not done yet", "here")
    board.ended(TEACHER, "failed", "the training loss is nan at iteration 300")
    board.ended(NET1, "blocked", f"needs {TEACHER}")
    board.began(STUDENT, "not done yet", "here")
    text = shown(status_of(tmp_path))
    assert "failed" in text
    assert "the training loss is nan at iteration 300" in text
    assert f"needs {TEACHER}" in text
    assert f"{STUDENT}  " in text
    assert "interrupted" in text, "nobody holds the folder, so nothing can be running"
    assert "driver: none now" in text


def test_a_step_that_is_done_or_was_up_to_date_in_its_turn(board: Watched, tmp_path: Path) -> None:
    board.began(TEACHER, "not done yet", "here")
    board.ended(TEACHER, "done", "")
    board.ended(STUDENT, "kept", "up to date")
    run = read_status(tmp_path)
    assert run is not None
    states = {step.id: (step.state, step.iteration) for step in run.steps}
    assert states[TEACHER] == ("done", 64000)
    assert states[STUDENT] == ("kept", 64000)
    assert "3 of 37 steps done" in shown(status_of(tmp_path))


def test_all_runs(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Watched(tmp_path / name, {step.id: "" for step in PLAN.steps})
    text = shown(status_of_all(tmp_path))
    assert f"{tmp_path}/a" in text
    assert f"{tmp_path}/b" in text
    assert "0 of 37" in text
    with locked(tmp_path / "b", print):
        assert f"{tmp_path}/a" not in shown(status_of_all(tmp_path)), "the one that is at work is shown whole"


WITHOUT_SCHEMA = '{"command": "", "host": "", "began": 0, "updated": 0, "seconds_left": null, "steps": []}'


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"schema": 2}',
        WITHOUT_SCHEMA,
        '{"schema": 1, "steps": 3}',
        '{"schema": 1, "steps": []}',
        "[" * 100_000,
    ],
)
def test_a_damaged_status_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(LayerhintError, match=f"{FILE} is damaged or of another version. Delete it"):
        status_of(tmp_path)


def test_the_command(
    board: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (["--out", str(tmp_path)], [str(tmp_path)], [tmp_path.name]):
        monkeypatch.chdir(tmp_path.parent)  # A folder counts from where the command is started.
        assert main(["status", *folder]) == 0
        assert "1 of 37 steps done" in capsys.readouterr().out
    assert run_command(main, ["status", "table1", "--set", "lambda=77", "--profile", "smoke"]) == 1
    assert "no run has been started in runs/smoke-lambda=77" in capsys.readouterr().err
    assert run_command(main, ["status", "runs/no-such-run"]) == 1
    assert "/runs/no-such-run, or it is not the folder of a run" in capsys.readouterr().err
    assert run_command(main, ["status", "tabel1"]) == 1
    assert "unknown experiment or group 'tabel1'" in capsys.readouterr().err


def test_a_status_that_cannot_be_written_does_not_end_the_run(board: Watched, tmp_path: Path) -> None:
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    board.ended(TEACHER, "done", "")
