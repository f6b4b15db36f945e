"""The loop that looks after trainings, which a script of the shell stands in for."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fake_engine import FakeEngine

from layerhint.steps.divergence import DivergedError
from layerhint.steps.follow import follow
from layerhint.steps.step import Context, StoppedError
from layerhint.steps.workspace import Workspace
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display

pytestmark = pytest.mark.timeout(60)

ENDS = "exit 3"
GOES_ON = "trap 'echo asked' INT; echo runs; while :; do sleep 0.05; done"
STOPS = "trap 'echo asked; exit 4' INT; echo runs; while :; do sleep 0.05; done"
STOPS_SLOWLY = "trap 'echo asked; sleep 0.8; exit 4' INT; echo runs; while :; do sleep 0.05; done"


class Running:
    """A training that fails at the look at which the process has said `runs`, if it is to fail."""

    title, reached, numbers, training = "a", 3, "", SimpleNamespace(id="k/a", schedule=SimpleNamespace(max_iter=9))

    def __init__(self, process: "Process", failure: Exception | None = None) -> None:
        self._process, self._failure = process, failure
        self.failure: Exception | None = None
        self.status: int | None = None

    def look(self) -> None:
        self._process.is_followed.set()
        if self._process.has_said("runs"):
            self.failure = self._failure

    def ended(self, status: int | None) -> None:
        self.status = status


class Process:
    """A script of the shell, and what it prints."""

    def __init__(self, folder: Path, script: str) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # A shell ignores it in the background.
        self.is_followed = threading.Event()
        self._output = folder / "output"
        self._context = Context(Workspace.in_folder(str(folder), None), FakeEngine(None), Display(), {}, Outlook({}))
        with self._output.open("wb") as output:
            self.child = subprocess.Popen(["sh", "-c", script], stdout=output, start_new_session=True)

    @property
    def said(self) -> list[str]:
        return self._output.read_text().split()

    def has_said(self, word: str) -> bool:
        return word in self.said

    def follow(self, *trainings: Running) -> bool:
        return follow(self.child, cast(Any, trainings), self._context)

    def interrupt_when_it_says(self, *words: str) -> None:
        """Sends Ctrl-C to this process, once it follows the script, each time that this has said one of the words."""

        def interrupt() -> None:
            self.is_followed.wait()
            for word in words:
                while not self.has_said(word):
                    time.sleep(0.01)
                os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()


def diverged() -> DivergedError:
    return DivergedError("a", "nan")


def test_a_process_that_ends_by_itself(tmp_path: Path) -> None:
    process = Process(tmp_path, ENDS)
    trainings = [Running(process), Running(process)]
    assert process.follow(*trainings) is False
    assert [training.status for training in trainings] == [3, 3]


def test_a_failure_that_shows_when_the_process_has_ended_stops_nothing(tmp_path: Path) -> None:
    process = Process(tmp_path, f"echo runs; {ENDS}")
    process.child.wait()
    failing = Running(process, diverged())
    assert process.follow(failing, Running(process)) is False
    assert failing.failure is not None


@pytest.mark.parametrize("failure", [diverged(), OSError()])
def test_one_that_fails_stops_the_process_with_snapshots(tmp_path: Path, failure: Exception) -> None:
    process = Process(tmp_path, STOPS_SLOWLY)
    trainings = [Running(process, failure), Running(process)]
    assert process.follow(*trainings) is True
    assert process.said == ["runs", "asked"], "it is asked once"
    assert [training.status for training in trainings] == [4, 4]


def test_where_all_have_diverged_no_snapshot_is_waited_for(tmp_path: Path) -> None:
    process = Process(tmp_path, GOES_ON)
    assert process.follow(Running(process, diverged()), Running(process, diverged())) is True
    assert process.child.returncode == -signal.SIGKILL
    assert process.said == ["runs"]


def test_an_interrupt_stops_the_process_with_snapshots(tmp_path: Path) -> None:
    process = Process(tmp_path, STOPS)
    training = Running(process)
    process.interrupt_when_it_says("runs")
    with pytest.raises(StoppedError):
        process.follow(training)
    assert process.said == ["runs", "asked"]
    assert training.status == 4


def test_a_second_interrupt_ends_the_process(tmp_path: Path) -> None:
    process = Process(tmp_path, GOES_ON)
    training = Running(process)
    process.interrupt_when_it_says("runs", "asked")
    with pytest.raises(StoppedError):
        process.follow(training)
    assert training.status == -signal.SIGKILL


@pytest.mark.parametrize(("failure", "shown"), [(OSError("no log"), "k/a: no log"), (diverged(), "k/a: nan")])
def test_interrupted_while_it_is_made_to_stop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], failure: Exception, shown: str
) -> None:
    process = Process(tmp_path, STOPS_SLOWLY)
    process.interrupt_when_it_says("asked")
    with pytest.raises(StoppedError):
        process.follow(Running(process, failure), Running(process))
    assert process.said == ["runs", "asked"], "it is asked once"
    assert process.child.returncode == 4
    assert capsys.readouterr().out.strip() == shown


def test_an_error_of_the_loop_itself_leaves_no_process_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(tmp_path, STOPS)
    training = Running(process)
    while not process.has_said("runs"):
        time.sleep(0.01)

    def cannot(_: Running) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(Running, "look", cannot)
    with pytest.raises(BrokenPipeError):
        process.follow(training)
    assert process.child.returncode == 4
