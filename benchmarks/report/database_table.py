"""The table of LMDBs: writing, and reading batches."""

from collections.abc import Mapping, Sequence

from benchmarks.measured import Database
from benchmarks.report.numbers import ABSENT, plain
from benchmarks.report.table import Table
from benchmarks.statistics import spread

_IN_MEMORY = "pytorch"


def database_table(found: Sequence[Database], titles: Mapping[str, str]) -> Table:
    """Records and megabytes a second: of the writer, of each engine's Data layer, of PyTorch's batches from memory."""
    rows = [row for database in found for row in _rows(database, titles)]
    return Table(
        "LMDB",
        ("Images", "What", "records/s", "MB/s", "ms a batch"),
        tuple(rows),
        2,
        (
            "Writing flushes to the device. Reading is whole batches, decoded, cropped, mirrored and less their mean, "
            "as float32, with the file in the page cache; a batch has as many images as in training. MB are the stored "
            "pixels.",
        ),
    )


def _rows(database: Database, titles: Mapping[str, str]) -> list[tuple[str, str, str, str, str]]:
    images = f"{database.images}, {database.bytes_per_record:,} bytes"
    written = database.records / database.writing_seconds
    rows = [(images, f"written, {database.records:,} records", *_rates(written, database), "")]
    for key, title in titles.items():
        what = f"{title}: batches from memory" if key == _IN_MEMORY else f"{title}: Data layer"
        if key not in database.seconds:
            rows.append((images, what, ABSENT, ABSENT, ABSENT))
            continue
        seconds = spread(database.seconds[key]).median
        rows.append((images, what, *_rates(database.batch / seconds, database), plain(seconds * 1e3)))
    return rows


def _rates(records: float, database: Database) -> tuple[str, str]:
    return f"{records:,.0f}", plain(records * database.bytes_per_record / 1e6)
