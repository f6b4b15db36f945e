"""One process for several trainings, which each sees as its own."""

import contextlib
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Condition

from layerhint.engines.engine import Engine, Start
from layerhint.folders import make_folder
from layerhint.steps.watch import printed


class Together:
    """Waits until every training has said how it starts, then starts them in one process.

    A training that leaves, because it diverged or its step failed, is taken out: the process is stopped with
    snapshots, and the others go on from these without it. The main thread `tend`s; the others' threads wait for it.

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
        self._stopped = False
        self.changed = Condition()
        self.status: int | None = None  # The process's exit status, once all is over.

    # For a training's own thread.

    def join(self, step_id: str, start: Start) -> "Handle":
        """Says how a training starts; waits until it has started."""
        with self.changed:
            self._starts[step_id] = start
            self.changed.notify_all()
            self.changed.wait_for(lambda: self._process is not None or self.status is not None)
        return Handle(self, step_id)

    def leave(self, step_id: str) -> None:
        """Takes a training out that has ended, or not begun at all."""
        with self.changed:
            if step_id in self._members:
                self._leaving.add(step_id)
            self.changed.notify_all()

    def snapshot_by(self, step_id: str) -> None:
        """Passes SIGHUP on, if it is the first training's: one snapshot of each is enough."""
        with self.changed:
            if self._process is not None and step_id == self._members[0]:
                self._process.send_signal(signal.SIGHUP)

    def has(self, step_id: str) -> bool:
        return step_id in self._members

    # For the main thread, which the process is the child of.

    def tend(self) -> None:
        """Starts the process when all are there, takes out who leaves, and sees whether it has ended."""
        with self.changed:
            if self.status is not None:
                return
            ended = self._process.poll() if self._process is not None else None
            if self._process is not None and ended is not None:
                self._end(ended)
            elif self._leaving:
                self._go_on_without(self._leaving)
            elif self._process is None and not self._stopped and self._starts.keys() >= {*self._members}:
                self._start()
            self.changed.notify_all()

    def stop(self) -> None:
        """Asks all to stop with a snapshot, and waits; a second Ctrl-C ends them at once."""
        with self.changed:
            self._stopped = True
            if self._process is None:
                self.status = 0
            else:
                self._interrupt(self._process)
                self._end(self._process.returncode)
            self.changed.notify_all()

    def _start(self) -> None:
        starts = [self._starts[member] for member in self._members]
        self._offsets = {}
        for start in starts:
            make_folder(start.log.parent)
            start.log.touch()
            self._offsets[start.log] = start.log.stat().st_size
        self._log.unlink(missing_ok=True)
        self._process = self._engine.train_in_lockstep(starts, self._log)

    def _go_on_without(self, gone: set[str]) -> None:
        running, self._process = self._process, None
        self._members = [member for member in self._members if member not in gone]
        self._leaving = set()
        if running is not None:
            self._interrupt(running)
            for member in self._members:
                state = self._snapshots[member]()
                self._starts[member] = replace(self._starts[member], snapshot=state)
        if not self._members:
            self.status = 0

    def _interrupt(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait()
        except KeyboardInterrupt:
            process.kill()
            process.wait()

    def _end(self, status: int) -> None:
        """Passes on to each training's log what the process said as its error; a training's own is there already."""
        self.status = status
        if status == 0 or not self._log.is_file():
            return
        said = _errors(printed(self._log, 0))
        for log, offset in self._offsets.items():
            if not _errors(printed(log, offset)):
                with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as file:
                    file.writelines(f"{line}\n" for line in said)


def _errors(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("error: ")]


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
        with self._together.changed:
            self._together.changed.wait_for(lambda: self.returncode is not None)
        return self.returncode or 0

    def send_signal(self, number: int) -> None:
        if number == signal.SIGHUP:
            self._together.snapshot_by(self._id)
        else:
            self.kill()

    def kill(self) -> None:
        self._together.leave(self._id)
        with self._together.changed:
            self._together.changed.wait_for(lambda: not self._together.has(self._id))
        self._gone = True
