"""From a run's training to a caffemodel that the repository carries."""

from collections.abc import Collection, Mapping
from pathlib import Path

from layerhint.errors import LayerhintError
from layerhint.files import write_bytes, write_text
from layerhint.kept.description import Description, read_description
from layerhint.kept.lineage import Lineage, Record, lineage_of, source_of
from layerhint.records import fingerprint
from layerhint.records.finished import Finished
from layerhint.records.records import finished_ids, read_finished
from layerhint.records.training import TrainResult

_PRECISION = "float32"
_ELSEWHERE = "Choose another place with --shelf"


def keep(run: Path, training: str, shelf: Path, harmless: Collection[str] = ()) -> Path:
    """Copies a training's caffemodel to `<shelf>/<training>.caffemodel` with its description; returns its path.

    It and every training that it comes from must be the paper's protocol. A teacher of `--teacher-from` must be a kept
    one, which is then named as the parent. A caffemodel made by a program that differed from its commit is kept, since
    the difference may be no more than a comment; the description and the table say so.

    Args:
        run: the run's folder, whose records have paths relative to the working directory.
        training: its id, such as `mnist/resnet32/plain/plain`.
        shelf: the folder of kept caffemodels; its README gets a row for each.
        harmless: the switches that change no training.

    Raises:
        LayerhintError: no such training is finished, it or a parent was not the paper's at full length, as committed,
            it comes from a caffemodel of unknown origin, its own is gone or no longer what it left, or a description
            on the shelf is damaged or another caffemodel's.
    """
    records = _finished(run / "records")
    trained = {name: found for name, record in records.items() if (found := record.of(TrainResult)) is not None}
    record = trained.get(training)
    if record is None:
        known = ", ".join(trained) or "none"
        raise LayerhintError(f"{run} has no record of a finished training {training!r}. Finished: {known}")
    lineage = lineage_of(record, records, shelf)
    for each in lineage.records:
        if each.id in trained:
            _check_protocol(trained[each.id], training, harmless)
    ((path, left),) = record.outputs.items()
    source, target = Path(path), shelf / f"{training}.caffemodel"
    if fingerprint.of_file(source) != left:
        raise LayerhintError(f"{source} is gone or no longer what {training} left: run the experiment again")
    content = source.read_bytes()
    described = _describe(record, left, len(content), lineage)
    page = _page({**_shelved(shelf, without=target), target.relative_to(shelf): described})
    write_bytes(target, content, _ELSEWHERE)
    described.write(target)
    write_text(shelf / "README.md", page, _ELSEWHERE)
    return target


def _check_protocol(record: Finished[TrainResult], training: str, harmless: Collection[str]) -> None:
    """Raises LayerhintError where a training, the one to be kept or a parent of it, was not the paper's protocol."""
    name = record.id if record.id == training else f"{record.id}, from which {training} comes,"
    result = record.result
    if (result.profile, result.scale, result.data) != ("paper", 1, "full"):
        raise LayerhintError(
            f"{name} was trained with profile {result.profile}, scale {result.scale:g} and the "
            f"{result.data} data: what is kept is trained by the paper's protocol at full length"
        )
    changed = [f"{key}={value}" for key, value in result.overrides.items() if key not in harmless]
    changed += [f"precision {result.precision}"] if result.precision != _PRECISION else []
    if changed:
        raise LayerhintError(
            f"{name} was trained with {', '.join(changed)}: what is kept is trained by the paper's protocol as "
            f"committed, in {_PRECISION}"
        )


def _finished(folder: Path) -> dict[str, Record]:
    found = ((step, read_finished(folder, step)) for step in finished_ids(folder))
    return {step: record for step, record in found if record is not None}


def _describe(record: Finished[TrainResult], sha256: str, size: int, lineage: Lineage) -> Description:
    result, source = record.result, source_of(record)
    return Description(
        training=record.id,
        title=result.training.title,
        sha256=sha256,
        bytes=size,
        accuracy=(result.final or {}).get("accuracy"),
        iterations=result.training.max_iter,
        seed=result.training.seed,
        engine=result.engine,
        device=result.device,
        finished=result.finished,
        source=source.commit if source else None,
        inputs=dict(record.inputs),
        parents=list(lineage.parents),
        changed=lineage.changed,
    )


def _shelved(shelf: Path, without: Path) -> dict[Path, Description | None]:
    """The kept caffemodels by path, relative to the shelf, with their descriptions."""
    kept = (weights for weights in shelf.rglob("*.caffemodel") if weights != without)
    return {weights.relative_to(shelf): read_description(weights) for weights in kept}


def _page(kept: Mapping[Path, Description | None]) -> str:
    """The shelf's README: a table of the kept caffemodels."""
    lines = [
        "# Trained caffemodels",
        "",
        "Trained by the paper's protocol at full length; `tools/keep_weights.py` put them here. The JSON file beside",
        "each gives its checksum, its accuracy, what it was trained from, and how. An experiment can start from a",
        "teacher among them: `python tools/run_pipeline.py EXPERIMENT --teacher-from FILE`.",
        "",
        "| caffemodel | what it is | test error (%) | iterations | kB | engine, device | SHA-256 |",
        "|---|---|---:|---:|---:|---|---|",
    ]
    for weights, told in sorted(kept.items()):
        if told is None:
            lines.append(f"| `{weights.as_posix()}` | without a description | | | | | |")
            continue
        error = "" if told.accuracy is None else f"{100 * (1 - told.accuracy):.2f}"
        edited = "the program edited" if told.changed else None
        engine = ", ".join(filter(None, [told.engine.get("name"), told.engine.get("version"), told.device, edited]))
        lines.append(
            f"| `{weights.as_posix()}` | {told.title} | {error} | {told.iterations:,} | "
            f"{told.bytes / 1000:,.0f} | {engine} | `{told.sha256[:16]}` |"
        )
    return "\n".join([*lines, ""])
