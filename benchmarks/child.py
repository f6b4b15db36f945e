"""Starts a process that is measured, and asks it for runs."""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.process_end import how_it_ended


@dataclass(frozen=True)
class Command:
    """How to start a child: `module` is one of `benchmarks.children`, `python` the interpreter that runs it."""

    title: str
    python: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]

    @property
    def words(self) -> list[str]:
        return [self.python, "-m", f"benchmarks.children.{self.module}", *self.arguments]


@dataclass(frozen=True)
class Reply:
    """The seconds that all runs together took, the process's peak memory, and the runs' result."""

    seconds: float
    peak_bytes: int
    result: Any


class Child:
    """A child process: the constructor starts it, leaving the context ends it.

    `build` and `run` raise LayerhintError, with what the process printed last, if it has ended by itself.
    """

    def __init__(self, command: Command) -> None:
        self._title = command.title
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the context
        self._process = subprocess.Popen(
            command.words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=dict(command.environment),
            text=True,
        )

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.kill()
        self._process.communicate()
        self._errors.close()

    def build(self) -> None:
        """Waits until the child has built its work. For the measured GPU memory, one process must build at a time."""
        self.run(0)

    def run(self, count: int) -> Reply:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"run": count}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None
        return Reply(**self._read())

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _ended(self) -> LayerhintError:
        status = self._process.wait()
        self._errors.seek(0)
        printed = self._errors.read().decode(errors="replace").splitlines()
        return LayerhintError(f"{self._title}: {how_it_ended(status, printed)}")
