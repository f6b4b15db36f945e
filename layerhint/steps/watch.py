"""Watching a training from outside: its log as it grows, and how to stop it."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from layerhint.engines.process import Process
from layerhint.files import naming
from layerhint.steps.snapshot_every import SnapshotEvery
from layerhint.watching.caffe_log import LogReader

POLL_SECONDS = 0.2


class SnapshotClock:
    """Asks a training for a snapshot every so many seconds, by SIGHUP, if it has moved on meanwhile."""

    def __init__(self, process: Process, every: SnapshotEvery | None, since: int) -> None:
        self._process = process
        self._seconds = every.seconds if every else None
        self._snapshot = since
        self._last = time.monotonic()

    def look(self, iteration: int) -> None:
        """At an iteration that the log has shown: before the first, Caffe would not heed the signal."""
        now = time.monotonic()
        if self._seconds is not None and now - self._last >= self._seconds and iteration > self._snapshot:
            self._process.send_signal(signal.SIGHUP)
            self._snapshot, self._last = iteration, now


def end_line(log: Path) -> None:
    """Ends the last line of a log, where its process was killed in the middle of it."""
    with naming(log), log.open("ab+") as file:
        if file.tell() and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n":
            file.write(b"\n")


def follow(process: Process, log: Path, offset: int, reader: LogReader) -> Iterator[None]:
    """Feeds a growing log to a reader until its process ends; yields at every look.

    In lockstep a process may be over before it began: then there may be no log, and nothing to look at.
    """
    if process.poll() is not None and not log.exists():
        return
    with log.open(encoding="utf-8", errors="replace") as lines:
        lines.seek(offset)
        rest = ""
        while True:
            ended = process.poll() is not None
            chunk = rest + lines.read()
            *whole, rest = chunk.split("\n")
            for line in whole:
                reader.feed(line)
            yield
            if ended:
                return
            time.sleep(POLL_SECONDS)


def printed(log: Path, offset: int) -> list[str]:
    """The lines of a log from a byte on: what the last process to write it has printed."""
    with log.open("rb") as content:
        content.seek(offset)
        return content.read().decode(errors="replace").splitlines()


def stop(process: Process) -> None:
    """Asks a training to stop with a snapshot, and waits; a second Ctrl-C ends it at once."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait()
    except KeyboardInterrupt:
        process.kill()
        process.wait()


def numbers(reader: LogReader) -> list[str]:
    """The last loss and accuracy of a log, in words."""
    parts = []
    if reader.train:
        parts.append(f"loss {reader.train[max(reader.train)].loss:.4g}")
    tests = reader.finished_tests()
    if tests and "accuracy" in tests[-1].outputs:
        parts.append(f"accuracy {tests[-1].outputs['accuracy']:.4f}")
    return parts
