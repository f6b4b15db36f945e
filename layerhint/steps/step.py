"""What a step of a run is, and when it is up to date."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layerhint import fingerprint
from layerhint.engines.engine import Engine
from layerhint.forecast import Outlook
from layerhint.progress import Display
from layerhint.records import STARTED, read_record, remove_record, write_record
from layerhint.snapshot_every import SnapshotEvery
from layerhint.workspace import Workspace


@dataclass(frozen=True)
class Context:
    """What every step works with. `texts` holds each generated file's text by its path; `snapshots` says how often
    trainings snapshot, None: as their solvers say."""

    workspace: Workspace
    engine: Engine
    display: Display
    texts: Mapping[str, str]
    outlook: Outlook
    snapshots: SnapshotEvery | None = None


class Step(ABC):
    """A node of the plan: made from its inputs, it leaves its outputs and a record.

    A step is up to date if its record says that it was made from inputs with today's fingerprints and its
    outputs are still what it left.
    """

    kind: str

    def __init__(self, step_id: str, needs: tuple[str, ...]) -> None:
        self.id = step_id
        self.needs = needs

    @abstractmethod
    def inputs(self, context: Context) -> dict[str, str]:
        """Fingerprints of what the step is made from, by name."""

    @abstractmethod
    def outputs(self, context: Context) -> tuple[Path, ...]:
        """The files that the step leaves, its record apart."""

    @abstractmethod
    def execute(self, context: Context) -> dict[str, Any]:
        """Does the step; returns what its record says besides inputs and outputs."""

    def begin(self, context: Context, inputs: dict[str, str]) -> None:
        """Notes that the step was begun, from these inputs."""
        write_record(context.workspace.records, self.started_id, {"kind": "started", "inputs": inputs})

    @property
    def started_id(self) -> str:
        return self.id + STARTED

    def run(self, context: Context) -> None:
        """Does the step and writes its record."""
        inputs = self.inputs(context)
        self.begin(context, inputs)
        content = self.execute(context)
        outputs = {str(path): fingerprint.of_file(path) for path in self.outputs(context)}
        write_record(
            context.workspace.records,
            self.id,
            {"kind": self.kind, **content, "inputs": inputs, "outputs": outputs},
        )
        remove_record(context.workspace.records, self.started_id)

    def why_not(self, context: Context) -> str | None:
        """Why the step has to be done, or None if it is up to date."""
        record = read_record(context.workspace.records, self.id)
        if record is None:
            begun = read_record(context.workspace.records, self.started_id)
            return "not done yet" if begun is None else "begun, but not done"
        then, now = record["inputs"], self.inputs(context)
        changed = [name for name in now if then.get(name) != now[name]]
        if changed:
            return f"changed: {', '.join(changed)}"
        for path, was in record["outputs"].items():
            found = fingerprint.of_file(Path(path))
            if found == fingerprint.MISSING:
                return f"missing: {path}"
            if found != was:
                return f"no longer what this step left: {path}"
        return None
