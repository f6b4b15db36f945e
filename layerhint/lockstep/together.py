"""One process for several trainings, which each sees as its own."""

import contextlib
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Condition

from layerhint.caffe_command import ERROR
from layerhint.engines.engine import Engine, Start
from layerhint.files import make_folder, naming
from layerhint.steps.watch import printed


class Together:
    """Waits until every training has said how it starts, then starts them in one process.

    A training that leaves, because it diverged or its step failed, is taken out: the process is asked to stop with
    snapshots, and the others go on from these without it. The main thread `tend`s, without ever waiting for the
    process, until it `stop`s or `end`s all; the trainings' threads wait for what it does.

    There is no process, or one runs, or one runs that has been asked to stop, until all is over: then `status` is set,
    never before the last process is gone, and none is started any more. Nobody waits beyond that.

    Args:
        snapshots: for each training, by its id, the solverstate that it can go on from (None: from its beginning).
        log: what is nobody's own is written there.
    """

    def __init__(self, engine: Engine, snapshots: Mapping[str, Callable[[], str | None]], log: Path) -> None:
        self._engine, self._snapshots, self._log = engine, snapshots, log
        self._members = list(snapshots)
        self._starts: dict[str, Start] = {}
        self._offsets: dict[Path, int] = {}  # Where in each log the process that runs has begun.
        self._leaving: set[str] = set()
        self._process: subprocess.Popen[bytes] | None = None
        self._asked_to_stop = False
        self._changed = Condition()
        self.status: int | None = None  # Once all is over: the last process's exit status; 0 if there was none.

    # For a training's own thread.

    def join(self, step_id: str, start: Start) -> "Handle":
        """Says how a training starts; waits until it has started, or all is over."""
        with self._changed:
            self._starts[step_id] = start
        self.wait_until(lambda: self._process is not None)
        return Handle(self, step_id)

    def leave(self, step_id: str) -> None:
        """Has a training taken out that has ended, or not begun at all."""
        with self._changed:
            if step_id in self._members:
                self._leaving.add(step_id)

    def snapshot_by(self, step_id: str) -> None:
        """Passes SIGHUP on, if it is the first training's: one snapshot of each is enough."""
        with self._changed:
            if self._process is not None and not self._asked_to_stop and step_id == self._members[0]:
                self._process.send_signal(signal.SIGHUP)

    def has(self, step_id: str) -> bool:
        return step_id in self._members

    def wait_until(self, so: Callable[[], bool]) -> None:
        """Waits until something is so, or all is over."""
        with self._changed:
            self._changed.wait_for(lambda: self.status is not None or so())

    # For the main thread, which the process is the child of.

    def tend(self) -> None:
        """Starts the process when all are there, takes out who leaves, and sees whether it has ended."""
        with self._changed:
            if self.status is not None:
                return
            if self._process is None:
                self._start_without_the_leaving()
            elif self._process.poll() is None:
                if self._leaving:
                    self._ask_to_stop(self._process)
            elif self._asked_to_stop:
                self._take_up()
            else:
                self._end(self._process.returncode)
            self._changed.notify_all()

    def stop(self) -> None:
        """Asks all to stop with a snapshot, and waits; a second Ctrl-C ends them at once."""
        with self._changed, contextlib.suppress(KeyboardInterrupt):
            if self._process is not None:
                self._ask_to_stop(self._process)
                self._process.wait()
        self.end()

    def end(self) -> None:
        """Ends the process at once if it still runs, however often Ctrl-C is pressed meanwhile; all is over then."""
        with self._changed:
            while self._process is not None and self._process.poll() is None:
                with contextlib.suppress(KeyboardInterrupt):
                    self._process.kill()
                    self._process.wait()
            if self.status is None:
                self._end(self._process.returncode if self._process is not None else 0)

    def _start_without_the_leaving(self) -> None:
        self._take_out()
        if not self._members:
            self._end(0)
        elif self._starts.keys() >= {*self._members}:
            self._start()

    def _take_out(self) -> None:
        self._members = [member for member in self._members if member not in self._leaving]
        self._leaving = set()

    def _start(self) -> None:
        starts = [self._starts[member] for member in self._members]
        self._offsets = {}
        for start in starts:
            make_folder(start.log.parent)
            with naming(start.log):
                start.log.touch()
                self._offsets[start.log] = start.log.stat().st_size
        with naming(self._log):
            self._log.unlink(missing_ok=True)
        self._process = self._engine.train_in_lockstep(starts, self._log)

    def _ask_to_stop(self, process: subprocess.Popen[bytes]) -> None:
        if not self._asked_to_stop:
            process.send_signal(signal.SIGINT)
            self._asked_to_stop = True

    def _take_up(self) -> None:
        """Has the next process go on from the snapshots that the one which was asked to stop has left."""
        self._process, self._asked_to_stop = None, False
        self._take_out()
        for member in self._members:
            self._starts[member] = replace(self._starts[member], snapshot=self._snapshots[member]())

    def _end(self, status: int) -> None:
        """All is over: no process runs, and none will be started."""
        try:
            if status != 0 and self._log.is_file():
                self._pass_on_errors()
        finally:
            self.status = status  # Last: who sees it finds the reason.
            self._changed.notify_all()

    def _pass_on_errors(self) -> None:
        """Writes what the process said as its error to each training's log; a training's own is there already."""
        said = _errors(printed(self._log, 0))
        for log, offset in self._offsets.items():
            if not _errors(printed(log, offset)):
                with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as file:
                    file.writelines(f"{line}\n" for line in said)


def _errors(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith(ERROR)]


class Handle:
    """The process as one training sees it: to end it is to leave it."""

    def __init__(self, together: Together, step_id: str) -> None:
        self._together, self._id = together, step_id
        self._gone = False

    @property
    def returncode(self) -> int | None:
        return -signal.SIGKILL if self._gone else self._together.status

    def poll(self) -> int | None:
        return self.returncode

    def wait(self) -> int:
        self._together.wait_until(lambda: self._gone)
        return self.returncode or 0

    def send_signal(self, number: int) -> None:
        if number == signal.SIGHUP:
            self._together.snapshot_by(self._id)
        else:
            self.kill()

    def kill(self) -> None:
        self._together.leave(self._id)
        self._together.wait_until(lambda: not self._together.has(self._id))
        self._gone = True
