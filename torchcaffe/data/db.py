"""LMDB databases of Datums, read in key order, over and over."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypedDict, TypeVar
from weakref import WeakValueDictionary

import lmdb
import numpy as np
import numpy.typing as npt

from torchcaffe.data.alike import split_alike
from torchcaffe.data.datum import Image, LabelledImage, parse_datum
from torchcaffe.data.lmdb_check import DamagedError, check_lmdb
from torchcaffe.errors import DataError
from torchcaffe.glog import logger
from torchcaffe.memory import check_memory

_T = TypeVar("_T")
_REMEDY = "write the database anew"


@dataclass(frozen=True)
class Batch:
    """Images (N, C, H, W), bytes or float32, and their labels (N,), float32 as blobs hold them."""

    images: Image
    labels: npt.NDArray[np.float32]


class CursorState(TypedDict):
    """The place of a reader: the key of the next Datum, in hexadecimal digits."""

    next_key: str


class DatumReader:
    """Reads the Datums of the LMDB in directory `source` in the order of their keys, round and round.

    The database is opened for reading without a lock: nobody may write to it meanwhile. Readers of one
    database in one process share its memory map. `where` names the user of the reader in errors; `color` says
    how to decode images that are PNG or JPEG files: None as they are, True in colour, False in grey.

    Raises:
        DataError: no such directory, no LMDB, an empty or truncated one, or, when it is read, a value that
            is no Datum. The message names the source and the key.

    Source: Caffe 1.0, `src/caffe/util/db_lmdb.cpp`, `src/caffe/layers/data_layer.cpp`.
    """

    def __init__(self, source: str | os.PathLike[str], where: str = "database", color: bool | None = None) -> None:
        self.source = str(source)
        self.where = where
        self.color = color
        self._environment = _open(Path(source), where)
        self._cursor = self._environment.cursor()
        self._guarded(self._cursor.first)

    def __len__(self) -> int:
        return self._environment.entries

    def peek(self) -> LabelledImage:
        """The next Datum's image and label; the reader stays where it is."""
        try:
            return parse_datum(self._guarded(self._cursor.value), self.color)
        except ValueError as error:
            self._fail(f"key {_readable(self._key())}: {error}; {_REMEDY}")

    def read(self, count: int) -> Batch:
        """The next `count` Datums, which must have one shape. Raises DataError."""
        first = self.peek().image
        check_memory(count * first.nbytes, f"{self.where}: a batch of {count} images", DataError)
        alike = self._guarded(lambda: self._read_alike(count, first)) if first.dtype == np.uint8 else None
        return alike or self._read_each(count, first)

    def items(self) -> Iterator[tuple[str, LabelledImage]]:
        """All keys, in hexadecimal digits, and Datums, from the first on; leaves the reader where it is."""
        other = DatumReader(self.source, self.where, self.color)
        for _ in range(len(self)):
            yield other._key().hex(), other.peek()
            self._guarded(other._cursor.next)

    @property
    def state(self) -> CursorState:
        """Where the reader is, for JSON; assigning it goes there. Raises DataError if the key is gone."""
        return {"next_key": self._key().hex()}

    @state.setter
    def state(self, value: CursorState) -> None:
        key = bytes.fromhex(value["next_key"])
        if not self._guarded(lambda: self._cursor.set_key(key)):
            self._cursor.first()
            self._fail(
                f"there is no key {_readable(key)}, where reading was to go on: give the database that was being read"
            )

    def _read_alike(self, count: int, first: Image) -> Batch | None:
        """`read` by one call of `split_alike`; None if that is not possible, and the reader stays where it is."""
        cursor, start = self._cursor, self._key()
        values: list[bytes | memoryview] = []
        rounds = 0
        for _ in range(count):
            values.append(cursor.value())
            if not cursor.next():
                cursor.first()
                rounds += 1
        channels, height, width = first.shape
        parts = split_alike(values, (channels, height, width))
        if parts is None:
            cursor.set_key(start)
            return None
        for _ in range(rounds):
            _say_restart()
        return Batch(*parts)

    def _read_each(self, count: int, first: Image) -> Batch:
        """`read`, Datum by Datum."""
        images: Image = np.empty((count, *first.shape), dtype=first.dtype)
        labels = np.empty(count, dtype=np.float32)
        for i in range(count):
            datum = self.peek()
            if datum.image.shape != first.shape or datum.image.dtype != first.dtype:
                self._fail(
                    f"key {_readable(self._key())}: an image of {_kind(datum.image)} in a batch of "
                    f"{_kind(first)}: all images of a batch must be alike; {_REMEDY} with images of one size, or "
                    "use batch_size 1"
                )
            images[i] = datum.image
            labels[i] = datum.label
            self._advance()
        return Batch(images, labels)

    def _key(self) -> bytes:
        return bytes(self._guarded(self._cursor.key))

    def _advance(self) -> None:
        if not self._guarded(self._cursor.next):
            _say_restart()
            self._guarded(self._cursor.first)

    def _guarded(self, access: Callable[[], _T]) -> _T:
        """Runs an access to the database; turns LMDB's errors into DataError."""
        try:
            return access()
        except lmdb.Error as error:
            self._fail(f"it is damaged ({error}); {_REMEDY}")

    def _fail(self, what: str) -> NoReturn:
        raise DataError(f"{self.where}: LMDB '{self.source}': {what}")


class _Environment:
    """An open LMDB with one reading transaction, which sees the database as it was when it was opened."""

    def __init__(self, path: Path, where: str) -> None:
        try:
            check_lmdb(path / "data.mdb")
            self._env = lmdb.open(str(path), readonly=True, lock=False, create=False)
        except DamagedError as error:
            raise DataError(f"{where}: '{path}' cannot be read as an LMDB: it is damaged: {error}; {_REMEDY}") from None
        except (lmdb.Error, OSError) as error:
            raise DataError(f"{where}: '{path}' cannot be read as an LMDB ({error}); {_REMEDY}") from None
        self.entries: int = self._env.stat()["entries"]
        if not self.entries:
            raise DataError(f"{where}: LMDB '{path}' is empty; {_REMEDY}")
        self._transaction = self._env.begin(buffers=True)

    def cursor(self) -> lmdb.Cursor:
        return self._transaction.cursor()


# LMDB refuses to open a database twice in one process.
_open_environments: WeakValueDictionary[tuple[int, Path], _Environment] = WeakValueDictionary()


def is_lmdb(path: str | os.PathLike[str]) -> bool:
    """Whether a directory looks like an LMDB."""
    return (Path(path) / "data.mdb").is_file()


def _open(path: Path, where: str) -> _Environment:
    if not is_lmdb(path):
        raise DataError(f"{where}: {_why_no_lmdb(path)}")
    key = (os.getpid(), path.resolve())
    environment = _open_environments.get(key)
    if environment is None:
        environment = _Environment(path, where)
        _open_environments[key] = environment
    return environment


def _why_no_lmdb(path: Path) -> str:
    if not path.exists():
        return f"there is no database '{path}' (seen from {Path.cwd()}): create it, or correct its source"
    if (path / "CURRENT").exists():
        return f"'{path}' is a LevelDB, and only LMDB is read: write the data as LMDB and set `backend: LMDB`"
    return f"'{path}' is not an LMDB: a directory with a file data.mdb is expected"


def _say_restart() -> None:
    logger.info("Restarting data prefetching from start.")


def _readable(key: bytes) -> str:
    return f"'{key.decode('ascii')}'" if key.isascii() and key.decode().isprintable() else f"0x{key.hex()}"


def _kind(image: Image) -> str:
    return f"{' x '.join(map(str, image.shape))} {image.dtype}"
