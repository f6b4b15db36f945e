"""Copies a run's records beside its report, so that the two can be committed together."""

from pathlib import Path

from layerhint.errors import LayerhintError
from layerhint.files import write_bytes
from layerhint.records.records import is_past, record_path
from layerhint.report.reading.results import shown_ids

FOLDER = "records"


def copy_records(records: Path, out: Path) -> Path:
    """Copies the records of finished steps to `out/records`, over earlier copies; returns that folder. Outdated records
    are left out.

    Raises LayerhintError if a record of another run lies there, or the folder cannot be written.
    """
    target = out / FOLDER
    if target.resolve() == records.resolve():
        return target
    ids = [step_id for step_id in shown_ids(records) if not is_past(records, step_id)]
    strange = sorted(set(shown_ids(target)) - set(ids)) if target.is_dir() else []
    if strange:
        raise LayerhintError(
            f"{target} holds records that {records} does not, such as {strange[0]}.json: it is another run's. "
            "Name another folder by --out, or delete that one first"
        )
    for step_id in ids:
        _copy(record_path(records, step_id), record_path(target, step_id))
    return target


def _copy(source: Path, target: Path) -> None:
    write_bytes(target, source.read_bytes())
