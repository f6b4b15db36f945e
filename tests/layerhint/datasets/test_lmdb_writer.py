"""LMDBs as they are read back by lmdb itself."""

import hashlib
from pathlib import Path

import lmdb
import numpy as np
import pytest

from layerhint.datasets.images import Split
from layerhint.datasets.lmdb_writer import disk_size, map_size, write_lmdb
from torchcaffe.proto.caffe_pb2 import Datum


def _split(count: int, shape: tuple[int, int, int]) -> Split:
    generator = np.random.default_rng(3)
    images = generator.integers(0, 256, (count, *shape), dtype=np.uint8)
    return Split(images, generator.integers(0, 100, count, dtype=np.uint8))


def _read(folder: Path) -> list[tuple[bytes, bytes]]:
    with lmdb.open(str(folder), readonly=True) as env, env.begin() as transaction:
        return list(transaction.cursor())


def test_every_image_comes_back_padded_and_in_the_given_order(tmp_path: Path) -> None:
    # 2100 records take two transactions.
    split = _split(2100, (2, 3, 5))
    order = np.roll(np.arange(2100), 7)
    summary = write_lmdb(tmp_path / "db", split, pad=1, order=order)
    records = _read(tmp_path / "db")
    assert [key for key, _ in records] == [f"{i:08d}".encode() for i in range(2100)]
    assert sorted(p.name for p in (tmp_path / "db").iterdir()) == ["data.mdb", "lock.mdb"]
    for i in (0, 6, 7, 2047, 2048, 2099):
        datum = Datum.FromString(records[i][1])
        image = np.frombuffer(datum.data, np.uint8).reshape(2, 5, 7)
        assert (datum.channels, datum.height, datum.width) == (2, 5, 7)
        assert np.array_equal(image[:, 1:-1, 1:-1], split.images[(i - 7) % 2100])
        assert datum.label == split.labels[(i - 7) % 2100]
    assert summary.sha256 == hashlib.sha256(b"".join(key + value for key, value in records)).hexdigest()
    assert (summary.records, summary.shape) == (2100, (2, 5, 7))


def test_without_order_and_padding_images_stay_as_they_are(tmp_path: Path) -> None:
    split = _split(5, (1, 2, 3))
    write_lmdb(tmp_path / "db", split)
    data = [Datum.FromString(value).data for _, value in _read(tmp_path / "db")]
    assert data == [image.tobytes() for image in split.images]


@pytest.mark.parametrize("shape", [(3, 40, 40), (3, 32, 32), (1, 28, 28), (1, 44, 45), (1, 45, 45)])
def test_the_file_is_as_small_as_the_forecast_and_no_larger(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    # 1x44x45 and 1x45x45 lie on both sides of LMDB's limit for values inside the tree (2038 bytes).
    summary = write_lmdb(tmp_path / "db", _split(3000, shape))
    assert summary.size == (tmp_path / "db" / "data.mdb").stat().st_size
    assert summary.size <= disk_size(3000, shape) < map_size(3000, shape)
    assert summary.size > 0.9 * disk_size(3000, shape)


def test_a_folder_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    write_lmdb(tmp_path / "db", _split(2, (1, 2, 3)))
    with pytest.raises(FileExistsError):
        write_lmdb(tmp_path / "db", _split(2, (1, 2, 3)))
