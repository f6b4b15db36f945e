"""A process that is measured, from the outside."""

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
    """What to start: a module of `benchmarks.children` under some Python, its arguments, its environment."""

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
    """How long the runs took together, the process's peak memory, and what they gave."""

    seconds: float
    peak_bytes: int
    result: Any


class Child:
    """A started process; a context, at whose end it ends. It starts at once; `build` builds what it is to run.

    Raises LayerhintError, with what it said last, where it ends before it is told to.
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
        """Waits until it is built. What is measured of a GPU's memory needs one process to build at a time."""
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
