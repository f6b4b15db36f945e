"""What a step of a run is, and when it is up to date."""

import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from layerhint.engines.engine import Engine
from layerhint.records import fingerprint, ids
from layerhint.records.finished import Finished, Result
from layerhint.records.notes import Started
from layerhint.records.provenance import provenance
from layerhint.records.records import (
    read_failed,
    read_finished,
    read_started,
    remove_record,
    write_finished,
    write_started,
)
from layerhint.steps.snapshot_every import SnapshotEvery
from layerhint.steps.workspace import Workspace
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display
from layerhint.watching.watcher import Watcher


@dataclass(frozen=True)
class Context:
    """What every step works with. `texts` holds the text of each generated file, by path; `snapshots` says how often
    trainings snapshot (None: as their solvers say); `watchers` are told how the steps go."""

    workspace: Workspace
    engine: Engine
    display: Display
    texts: Mapping[str, str]
    outlook: Outlook
    snapshots: SnapshotEvery | None = None
    watchers: tuple[Watcher, ...] = ()


class StoppedError(Exception):
    """The person stopped the run; the step left a snapshot to go on from."""


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
        """The files that the step leaves, without its record."""

    @abstractmethod
    def execute(self, context: Context) -> Result:
        """Does the step; returns the part of its record that only this kind of step has."""

    def begin(self, context: Context, inputs: dict[str, str]) -> None:
        """Notes that the step was begun, from these inputs."""
        write_started(context.workspace.records, self.id, Started(inputs=inputs))

    def seconds(self, context: Context, elapsed: float) -> float:
        """How many seconds the step took in all; `elapsed` have passed in this process."""
        return elapsed

    def run(self, context: Context) -> None:
        """Does the step and writes its record."""
        inputs = self.inputs(context)
        self.begin(context, inputs)
        since = time.monotonic()
        self.record(self.execute(context), inputs, since, context)

    def record(self, result: Result, inputs: dict[str, str], since: float, context: Context) -> None:
        """Writes the record of the step, now that it is done. It began at `since`, in seconds of `time.monotonic`."""
        records = context.workspace.records
        record = Finished(
            id=self.id,
            result=result,
            seconds=round(self.seconds(context, time.monotonic() - since), 3),
            prototxt=self.declared(context, inputs),
            provenance=provenance(),
            inputs=inputs,
            outputs={str(path): fingerprint.of_file(path) for path in self.outputs(context)},
        )
        write_finished(records, record)
        remove_record(records, ids.started(self.id))
        remove_record(records, ids.failed(self.id))

    def declared(self, context: Context, inputs: Collection[str]) -> dict[str, str]:
        """The texts of the generated files among the inputs, by path, which the record keeps."""
        return {name: context.texts[name] for name in inputs if name in context.texts}

    def why_not(self, context: Context) -> str | None:
        """Why the step has to be done, or None if it is up to date."""
        record = read_finished(context.workspace.records, self.id)
        if record is None:
            begun = read_started(context.workspace.records, self.id)
            failed = read_failed(context.workspace.records, self.id)
            if begun is not None:
                return "begun, but not done"
            return "not done yet" if failed is None else f"the last time, {failed.cause}"
        then, now = record.inputs, self.inputs(context)
        changed = [name for name in {**now, **then} if then.get(name) != now.get(name)]
        if changed:
            return f"changed: {', '.join(changed)}"
        for path, was in record.outputs.items():
            current = fingerprint.of_file(Path(path))
            if current == fingerprint.MISSING:
                return f"missing: {path}"
            if current != was:
                return f"no longer what this step left: {path}"
        return None
