"""The file in which a driver notes what its run is doing: `status.json` in the run's folder."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.files import write_text

FILE = "status.json"
SCHEMA = 1
LIMIT = 64 << 20
"""Bytes of a status file at most; one of the whole paper has some 100,000."""


@dataclass
class StepState:
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


@dataclass
class RunState:
    """A run: its driver, its steps in running order, the seconds left as far as can be told. Times are Unix times."""

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
    """Writes the file. One that cannot be written is let be: a run does not end for that."""
    with contextlib.suppress(LayerhintError):
        write_text(folder / FILE, json.dumps({"schema": SCHEMA, **asdict(run)}) + "\n")


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
        content = json.loads(text)
        if content.get("schema") != SCHEMA:
            raise LayerhintError(f"{path} has schema {content.get('schema')}, and this program reads {SCHEMA}")
        steps = [StepState(**_known(StepState, step)) for step in content["steps"]]
        return RunState(**{**_known(RunState, content), "steps": steps})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LayerhintError(
            f"{path} is damaged ({type(error).__name__}: {error}). Delete it: the next run writes it anew"
        ) from None


def _known(kind: type, content: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in content.items() if name in names}
