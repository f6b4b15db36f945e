"""The process that several trainings share, as each of them and as the main thread sees it."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from fake_engine import FakeEngine

from layerhint.engines.engine import Start
from layerhint.lockstep.together import Handle, Together
from layerhint.steps.watch import follow, stop
from layerhint.watching.caffe_log import LogReader

pytestmark = pytest.mark.timeout(60)

ENDS = "exit 3"
GOES_ON = "trap 'echo asked' INT; echo runs; while :; do sleep 0.05; done"
STOPS = "trap 'echo asked; exit 0' INT; echo runs; while :; do sleep 0.05; done"


class ScriptEngine(FakeEngine):
    """Runs a script of the shell for all; `started` has the starts of each process."""

    def __init__(self, script: str) -> None:
        super().__init__(None)
        self._script = script
        self.started: list[list[Start]] = []

    def train_in_lockstep(self, starts: Sequence[Start], log: Path) -> subprocess.Popen[bytes]:
        self.started.append(list(starts))
        with log.open("ab") as output:
            return subprocess.Popen(["sh", "-c", self._script], stdout=output, start_new_session=True)


class Pair:
    """Two trainings, a and b, that are about to start together."""

    def __init__(self, folder: Path, script: str) -> None:
        self.log = folder / "process.log"
        self.engine = ScriptEngine(script)
        snapshots = {name: lambda name=name: f"{name}.solverstate" for name in "ab"}
        self.together = Together(self.engine, snapshots, self.log)
        self.starts = {name: Start(f"{name}.prototxt", None, None, folder / f"{name}.log") for name in "ab"}
        self.handles: dict[str, Handle] = {}
        self._joining = [in_thread(self._join, name) for name in "ab"]

    def _join(self, name: str) -> None:
        self.handles[name] = self.together.join(name, self.starts[name])

    def tend_until(self, so: Callable[[], bool]) -> None:
        while not so():
            self.together.tend()
            time.sleep(0.01)

    def joined(self) -> bool:
        return len(self.handles) == 2

    def said(self, text: str) -> bool:
        return self.log.is_file() and text in self.log.read_text()


def in_thread(action: Callable[..., object], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=action, args=arguments, daemon=True)
    thread.start()
    return thread


def ends(action: Callable[..., object], *arguments: object) -> bool:
    """Whether something that a training does without the main thread comes to an end."""
    thread = in_thread(action, *arguments)
    thread.join(5)
    return not thread.is_alive()


def test_to_leave_a_process_that_is_over_takes_no_time(tmp_path: Path) -> None:
    pair = Pair(tmp_path, ENDS)
    pair.tend_until(lambda: pair.together.status is not None and pair.joined())
    assert pair.handles["a"].wait() == 3
    assert ends(pair.handles["a"].kill)
    assert pair.handles["a"].returncode == -signal.SIGKILL
    assert ends(stop, pair.handles["b"])


def test_stopped_before_the_process_starts(tmp_path: Path) -> None:
    pair = Pair(tmp_path, ENDS)
    pair.together.stop()
    pair.tend_until(pair.joined)
    assert pair.engine.started == []
    handle, reader = pair.handles["a"], LogReader()
    assert ends(list, follow(handle, pair.starts["a"].log, 0, reader))
    assert reader.train == {}
    assert handle.wait() == 0
    assert ends(stop, handle)


def test_the_others_go_on_from_their_snapshots(tmp_path: Path) -> None:
    pair = Pair(tmp_path, STOPS)
    pair.tend_until(lambda: pair.joined() and pair.said("runs"))
    leaving = in_thread(pair.handles["a"].kill)
    pair.tend_until(lambda: len(pair.engine.started) == 2 and pair.said("runs"))
    leaving.join(5)
    assert not leaving.is_alive()
    assert [(start.solver, start.snapshot) for start in pair.engine.started[1]] == [("b.prototxt", "b.solverstate")]
    assert pair.handles["b"].poll() is None
    pair.together.stop()
    assert pair.handles["b"].wait() == 0


def test_a_second_interrupt_ends_the_process(tmp_path: Path) -> None:
    pair = Pair(tmp_path, GOES_ON)
    pair.tend_until(lambda: pair.joined() and pair.said("runs"))

    def interrupt() -> None:
        while not pair.said("asked"):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    interrupting = in_thread(interrupt)
    pair.together.stop()
    interrupting.join()
    assert pair.handles["a"].wait() == -signal.SIGKILL


def test_end_lets_all_go(tmp_path: Path) -> None:
    pair = Pair(tmp_path, GOES_ON)
    pair.tend_until(pair.joined)
    waiting = in_thread(pair.handles["a"].wait)
    pair.together.end()
    waiting.join(5)
    assert not waiting.is_alive()
    assert pair.handles["b"].wait() == -signal.SIGKILL
