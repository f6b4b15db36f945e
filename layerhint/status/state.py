"""The file in which a driver notes what its run is doing: `status.json` in the run's folder."""

import contextlib
import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from layerhint.errors import LayerhintError
from layerhint.files import write_text

FILE = "status.json"
LIMIT = 64 << 20
"""Bytes of a status file at most; one of the whole paper has some 100,000."""


class StepState(BaseModel):
    """A step. `state` is waiting, running, done, failed, blocked (one that it needs failed), stopped, lost or kept
    (it was up to date); `note` says why it is done, or what went wrong; `speed` is in iterations a second."""

    id: str
    kind: str
    state: str = "waiting"
    note: str = ""
    where: str = ""
    began: float | None = None
    ended: float | None = None
    iteration: int | None = None
    max_iter: int | None = None
    numbers: str = ""
    speed: float | None = None
    seconds_left: float | None = None


class RunState(BaseModel):
    """A run: its driver, its steps in running order, the seconds left as far as can be told. Times are Unix times."""

    version: Literal[1] = Field(alias="schema")
    command: str
    host: str
    began: float
    updated: float
    seconds_left: float | None
    steps: list[StepState]

    def count(self, *states: str) -> int:
        """How many steps are in one of these states."""
        return sum(step.state in states for step in self.steps)


def write_status(folder: Path, run: RunState) -> None:
    """Writes the file. If that fails, the run goes on without it."""
    with contextlib.suppress(LayerhintError):
        write_text(folder / FILE, json.dumps(run.model_dump(by_alias=True)) + "\n")


def read_status(folder: Path) -> RunState | None:
    """What the last driver in a run's folder noted; None if there was none. `LayerhintError` for a damaged file."""
    path = folder / FILE
    try:
        if path.stat().st_size > LIMIT:
            raise LayerhintError(f"{path} is no status of a run: it is larger than {LIMIT >> 20} MiB. Delete it")
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LayerhintError(f"cannot read {path}: {error.strerror}") from None
    try:
        return RunState.model_validate(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise LayerhintError(
            f"{path} is damaged or of another version. Delete it: the next run writes it anew"
        ) from error
