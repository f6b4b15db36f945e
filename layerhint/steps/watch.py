"""Watching a training from outside: its log as it grows, and a clock that asks it for snapshots."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from layerhint.files import naming
from layerhint.steps.snapshot_every import SnapshotEvery
from layerhint.watching.caffe_log import LogReader


class SnapshotClock:
    """Asks a training for a snapshot every so many seconds, by SIGHUP, if it has moved on meanwhile.

    In lockstep one clock is enough: every training of the process makes its snapshot.
    """

    def __init__(self, process: subprocess.Popen[bytes], every: SnapshotEvery | None, since: int) -> None:
        self._process = process
        self._seconds = every.seconds if every else None
        self._snapshot = since
        self._last = time.monotonic()

    def look(self, iteration: int) -> None:
        """Asks, if it is time, at an iteration in the log: before the first iteration, Caffe ignores the signal."""
        now = time.monotonic()
        if self._seconds is not None and now - self._last >= self._seconds and iteration > self._snapshot:
            self._process.send_signal(signal.SIGHUP)
            self._snapshot, self._last = iteration, now


def end_line(log: Path) -> None:
    """Ends the last line of a log whose process was killed in the middle of it; makes the log if there is none."""
    with naming(log), log.open("ab+") as file:
        if file.tell() and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n":
            file.write(b"\n")


def new_lines(log: Path, offset: int) -> Iterator[list[str]]:
    """Yields the whole lines that a log has got since the last time, at first from byte `offset` on. It never ends."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        lines.seek(offset)
        rest = ""
        while True:
            *whole, rest = (rest + lines.read()).split("\n")
            yield whole


def printed(log: Path, offset: int) -> list[str]:
    """The lines of a log from a byte on."""
    with log.open("rb") as content:
        content.seek(offset)
        return content.read().decode(errors="replace").splitlines()


def numbers(reader: LogReader) -> list[str]:
    """The last loss and accuracy of a log, in words."""
    parts = []
    if reader.train:
        parts.append(f"loss {reader.train[max(reader.train)].loss:.4g}")
    tests = reader.finished_tests()
    if tests and "accuracy" in tests[-1].outputs:
        parts.append(f"accuracy {tests[-1].outputs['accuracy']:.4f}")
    return parts
