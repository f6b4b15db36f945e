"""What a training's caffemodel comes from, by the records of its run and by what is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from layerhint.errors import LayerhintError
from layerhint.kept.description import Description, Parent, read_description
from layerhint.records.finished import Finished, Result
from layerhint.records.provenance import Source
from layerhint.records.step_results import CopyWeightsResult
from layerhint.records.training import BY_HAND, TakeTeacherResult, TrainingResult

Record = Finished[Result]


@dataclass(frozen=True)
class Lineage:
    """The records of a training and of the steps that its caffemodel comes from, nearest first, each once.

    `parents` are these steps; a step that took a teacher is replaced by the kept teacher and what that comes from.
    `changed` is as in a `Description`.
    """

    records: tuple[Record, ...]
    parents: tuple[Parent, ...]
    changed: bool | None


def lineage_of(record: Record, records: Mapping[str, Record], shelf: Path) -> Lineage:
    """The lineage of a training, followed to trainings that start from their fillers.

    Raises LayerhintError for a caffemodel that went in and that no finished step left, and for a teacher that was taken
    from elsewhere than the shelf.
    """
    met, parents = [record], list[Parent]()
    changed = [_changed(record)]
    for sha256, maker in _makers(record, records):
        met.append(maker)
        changed.append(_changed(maker))
        if _is_taken(maker):
            kept = _kept_teacher(maker, record, shelf)
            parents += [Parent(step=kept.training, sha256=kept.sha256), *kept.parents]
            changed.append(kept.changed)
        else:
            parents.append(Parent(step=maker.id, sha256=sha256))
    return Lineage(tuple(met), tuple(parents), _any(changed))


def source_of(record: Record) -> Source | None:
    """The source that made a record's step; None for a step done by hand."""
    match record.result:
        case TrainingResult() as result if result.made_by == "hand":
            return None
        case TrainingResult() | CopyWeightsResult() as result if result.engine == BY_HAND:
            return None
    return record.provenance.source


def _changed(record: Record) -> bool | None:
    source = source_of(record)
    return source.changed if source else None


def _is_taken(record: Record) -> bool:
    return isinstance(record.result, TakeTeacherResult)


def _makers(record: Record, records: Mapping[str, Record]) -> Iterator[tuple[str, Record]]:
    """The steps that made the caffemodels that went into a record's, each with the SHA-256 of what it left."""
    makers = {sha256: other for other in records.values() for sha256 in other.outputs.values()}
    seen: set[str] = set()
    waiting = [record]
    while waiting:
        child = waiting.pop(0)
        for name, sha256 in child.inputs.items():
            if not name.endswith(".caffemodel") or sha256 in seen:
                continue
            if sha256 not in makers:
                raise LayerhintError(
                    f"{name} went into {child.id}, and no finished step of the run left it as it was then: what is "
                    "kept is trained by the run, from the fillers on. Run the experiment again"
                )
            seen.add(sha256)
            maker = makers[sha256]
            waiting += [] if _is_taken(maker) else [maker]
            yield sha256, maker


def _kept_teacher(taken: Record, record: Record, shelf: Path) -> Description:
    """The description of the kept teacher that a step took."""
    given = set(taken.inputs.values())
    for weights in sorted(shelf.rglob("*.caffemodel")):
        description = read_description(weights)
        if description is not None and description.sha256 in given and description.training == taken.id:
            return description
    raise LayerhintError(
        f"{record.id} comes from a teacher that was given with --teacher-from, and none below {shelf} is that one: "
        f"give a {taken.id} that is kept there, or train it in the run"
    )


def _any(known: list[bool | None]) -> bool | None:
    """True if one of them is; else None if one of them is; else False."""
    return True if True in known else None if None in known else False
