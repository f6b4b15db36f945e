"""From a run's training to a caffemodel that the repository carries."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.files import write_bytes, write_text
from layerhint.kept.description import Description, Parent, read_description
from layerhint.records import fingerprint
from layerhint.records.records import of_finished, read_record

Record = Mapping[str, Any]

_PRECISION = "float32"


def keep(run: Path, training: str, shelf: Path, harmless: Collection[str] = ()) -> Path:
    """Copies a training's caffemodel to `<shelf>/<training>.caffemodel` with its description; gives its name.

    Args:
        run: the run's folder, whose records name files as the working directory sees them.
        training: its id, such as `mnist/resnet32/plain/plain`.
        shelf: the folder of what is kept; its README gets a row for each caffemodel.
        harmless: the switches that change no training.

    Raises:
        LayerhintError: no such training is finished, it was not the paper's at full length, as committed, or its
            caffemodel is gone or no longer what it left.
    """
    records = {record["id"]: record for record in _finished(run / "records")}
    record = records.get(training)
    if record is None or record.get("kind") != "train":
        known = ", ".join(name for name, other in records.items() if other.get("kind") == "train") or "none"
        raise LayerhintError(f"{run} has no record of a finished training {training!r}. Finished: {known}")
    if (record["profile"], record["scale"], record["data"]) != ("paper", 1, "full"):
        raise LayerhintError(
            f"{training} was trained with profile {record['profile']}, scale {record['scale']:g} and the "
            f"{record['data']} data: what is kept is trained by the paper's protocol at full length"
        )
    changed = [f"{name}={value}" for name, value in record.get("overrides", {}).items() if name not in harmless]
    precision = record.get("precision") or _PRECISION
    changed += [f"precision {precision}"] if precision != _PRECISION else []
    if changed:
        raise LayerhintError(
            f"{training} was trained with {', '.join(changed)}: what is kept is trained by the paper's protocol as "
            f"committed, in {_PRECISION}"
        )
    ((path, left),) = record["outputs"].items()
    source, target = Path(path), shelf / f"{training}.caffemodel"
    if fingerprint.of_file(source) != left:
        raise LayerhintError(f"{source} is gone or no longer what {training} left: run the experiment again")
    content = source.read_bytes()
    write_bytes(target, content)
    _describe(record, left, len(content), records).write(target)
    write_text(shelf / "README.md", _page(shelf))
    return target


def _finished(folder: Path) -> Iterator[Record]:
    for file in sorted(folder.rglob("*.json")):
        step = file.relative_to(folder).with_suffix("").as_posix()
        record = read_record(folder, step) if of_finished(step) else None
        if record is not None:
            yield record


def _describe(record: Record, sha256: str, size: int, records: Mapping[str, Record]) -> Description:
    return Description(
        training=record["id"],
        title=record["training"]["title"],
        sha256=sha256,
        bytes=size,
        accuracy=(record["final"] or {}).get("accuracy"),
        iterations=record["training"]["max_iter"],
        seed=record["training"]["seed"],
        engine=record["engine"],
        device=record["device"],
        finished=record["finished"],
        source=None if record["made_by"] == "hand" else (record.get("source") or {}).get("commit"),
        inputs=dict(record["inputs"]),
        parents=list(_parents(record, records)),
    )


def _parents(record: Record, records: Mapping[str, Record]) -> Iterator[Parent]:
    """The steps that made the caffemodels that went in, nearest first, each once."""
    makers = {sha256: other for other in records.values() for sha256 in other.get("outputs", {}).values()}
    seen: set[str] = set()
    waiting = [record]
    while waiting:
        for name, sha256 in waiting.pop(0)["inputs"].items():
            maker = makers.get(sha256)
            if name.endswith(".caffemodel") and maker is not None and sha256 not in seen:
                seen.add(sha256)
                waiting.append(maker)
                yield Parent(maker["id"], sha256)


def _page(shelf: Path) -> str:
    """A table of what is kept."""
    lines = [
        "# Trained caffemodels",
        "",
        "Trained by the paper's protocol at full length; `tools/keep_weights.py` put them here. The file beside each",
        "tells its checksum, what it was trained from and with. A teacher among them starts an experiment:",
        "`python tools/run_pipeline.py EXPERIMENT --teacher-from FILE`.",
        "",
        "| caffemodel | what it is | test error (%) | iterations | kB | engine, device | SHA-256 |",
        "|---|---|---:|---:|---:|---|---|",
    ]
    for weights in sorted(shelf.rglob("*.caffemodel")):
        told = read_description(weights)
        if told is None:
            continue
        error = "" if told.accuracy is None else f"{100 * (1 - told.accuracy):.2f}"
        engine = ", ".join(filter(None, [told.engine["name"], told.engine.get("version"), told.device]))
        lines.append(
            f"| `{weights.relative_to(shelf).as_posix()}` | {told.title} | {error} | {told.iterations:,} | "
            f"{told.bytes / 1000:,.0f} | {engine} | `{told.sha256[:16]}` |"
        )
    return "\n".join([*lines, ""])
