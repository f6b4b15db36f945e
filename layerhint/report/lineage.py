"""From which training each figure comes: one line for each of an experiment's trainings."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from layerhint.progress import duration
from layerhint.report.facts import engine_name, machine
from layerhint.report.numbers import ABSENT, count
from layerhint.report.results import Trained
from layerhint.report.view import View

HASH_DIGITS = 12


@dataclass(frozen=True)
class Entry:
    """A training's line. `values` are in the order of the columns; `sha256` is the whole of the result's hash."""

    id: str
    values: tuple[str, ...]
    sha256: str | None = None
    file: str | None = None


@dataclass(frozen=True)
class Lineage:
    """The list of records: its columns, which of them hold text rather than numbers, its lines."""

    columns: tuple[str, ...]
    texts: frozenset[str]
    entries: tuple[Entry, ...]


COLUMNS = ("Training", "Iterations", "Seed", "Init seed", "Engine", "Device", "By", "Time", "Teacher", "Result")
TEXTS = frozenset({"Training", "Engine", "Device", "By", "Teacher", "Result"})


def lineage_of(view: View) -> Lineage:
    """A line for each training of an experiment, in the table's order; one that has not finished is empty."""
    done = {trained.id: trained for trained in view.trained}
    entries = (_entry(done[i]) if i in done else _absent(i) for i in view.experiment.trainings)
    return Lineage(COLUMNS, TEXTS, tuple(entries))


def _entry(trained: Trained) -> Entry:
    path, sha256 = next(iter(trained.outputs.items()), (None, None))
    values = (
        trained.id,
        count(trained.max_iter),
        str(trained.seed),
        ABSENT if trained.init_seed is None else str(trained.init_seed),
        engine_name(trained.engine, whole=False),
        machine(trained),
        trained.made_by,
        _time(trained),
        _teacher(trained),
        sha256[:HASH_DIGITS] if sha256 else ABSENT,
    )
    return Entry(trained.id, values, sha256, PurePosixPath(path).name if path else None)


def _absent(training: str) -> Entry:
    return Entry(training, (training, *["not finished"], *[ABSENT] * (len(COLUMNS) - 2)))


def _time(trained: Trained) -> str:
    if not trained.iterations_run:
        return ABSENT
    spent = duration(trained.seconds)
    if trained.iterations_run < trained.max_iter:
        return f"{spent} for the last {count(trained.iterations_run)}"
    return spent


def _teacher(trained: Trained) -> str:
    if not trained.stage:
        return ABSENT
    return "identical" if trained.unmoved else "no proof"
