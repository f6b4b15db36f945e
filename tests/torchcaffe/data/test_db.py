from pathlib import Path

import lmdb
import numpy as np
import pytest

from torchcaffe.data.db import DatumReader
from torchcaffe.errors import DataError
from torchcaffe.proto.caffe_pb2 import Datum

RESTART = "Restarting data prefetching from start."


def datum(value, shape=(2, 3, 4)):
    pixels = np.full(shape, value, dtype=np.uint8)
    return Datum(channels=shape[0], height=shape[1], width=shape[2], data=pixels.tobytes(), label=10 * value)


def write(path: Path, items: dict[bytes, bytes | Datum]) -> Path:
    with lmdb.open(str(path), map_size=1 << 24) as env, env.begin(write=True) as transaction:
        for key, value in items.items():
            transaction.put(key, value if isinstance(value, bytes) else value.SerializeToString())
    return path


@pytest.fixture
def five(tmp_path):
    """Keys written out of order; the values are the places in the order of the keys."""
    order = [3, 0, 4, 1, 2]
    return write(tmp_path / "five", {b"%08d" % i: datum(i) for i in order})


def test_reads_in_key_order_round_and_round(five):
    reader = DatumReader(five)
    assert len(reader) == 5
    batches = [reader.read(3) for _ in range(4)]
    assert [b.images[:, 0, 0, 0].tolist() for b in batches] == [[0, 1, 2], [3, 4, 0], [1, 2, 3], [4, 0, 1]]
    assert batches[1].labels.tolist() == [30, 40, 0]
    assert batches[0].images.shape == (3, 2, 3, 4)
    assert batches[0].images.dtype == np.uint8
    assert batches[0].labels.dtype == np.float32


def test_peek_stays(five):
    reader = DatumReader(five)
    assert [reader.peek().label for _ in range(3)] == [0, 0, 0]


def test_two_readers_of_one_database_do_not_disturb_each_other(five):
    first, second = DatumReader(five), DatumReader(five)
    first.read(2)
    assert second.read(1).labels.tolist() == [0]
    assert first.read(1).labels.tolist() == [20]


def test_a_database_can_be_opened_again_after_its_readers_are_gone(five):
    for _ in range(3):
        assert DatumReader(five).read(1).labels.tolist() == [0]


@pytest.mark.parametrize("read", [0, 2, 5, 7])
def test_state_goes_on_exactly(read, five):
    reader = DatumReader(five)
    if read:
        reader.read(read)
    state = reader.state
    expected = reader.read(6).labels.tolist()
    other = DatumReader(five)
    other.state = state
    assert other.read(6).labels.tolist() == expected


def test_state_of_another_database_is_refused(five, tmp_path):
    reader = DatumReader(write(tmp_path / "other", {b"a": datum(1)}))
    with pytest.raises(DataError, match=r"other': there is no key '00000000'"):
        reader.state = DatumReader(five).state
    assert reader.read(1).labels.tolist() == [10]


def test_float_datums(tmp_path):
    values = Datum(channels=1, height=1, width=2, float_data=[0.5, -2], label=3)
    batch = DatumReader(write(tmp_path / "f", {b"a": values})).read(2)
    assert batch.images.tolist() == [[[[0.5, -2]]]] * 2
    assert batch.images.dtype == np.float32


def test_other_shapes_in_other_batches_are_fine(tmp_path):
    reader = DatumReader(write(tmp_path / "mixed", {b"a": datum(1), b"b": datum(2, (1, 5, 6))}))
    assert [reader.read(1).images.shape for _ in range(3)] == [(1, 2, 3, 4), (1, 1, 5, 6), (1, 2, 3, 4)]


def test_another_shape_in_a_batch_is_refused(tmp_path):
    reader = DatumReader(write(tmp_path / "mixed", {b"a": datum(1), b"b": datum(2, (1, 5, 6))}), "layer 'd'")
    with pytest.raises(
        DataError,
        match=r"layer 'd': LMDB '.*mixed': key 'b': .*1 x 5 x 6 uint8 in a batch of 2 x 3 x 4 uint8.*batch_size 1",
    ):
        reader.read(2)


def test_a_value_that_is_no_datum_is_refused_with_its_key(tmp_path):
    reader = DatumReader(write(tmp_path / "bad", {b"a": datum(1), b"\xff\x00": b"\xff\xff"}))
    reader.read(1)
    with pytest.raises(DataError, match=r"bad': key 0xff00: the value is not a Datum; write the database anew"):
        reader.read(1)


def test_however_datums_are_written_a_batch_is_the_same(tmp_path, caplog):
    """Written in another order than protobuf's, the middle ones have to be read one by one."""
    caplog.set_level("INFO", "torchcaffe")
    items = {b"%d" % i: datum(i).SerializeToString() for i in range(6)}
    usual = DatumReader(write(tmp_path / "usual", items))
    for i in (2, 3):
        rest = datum(i)
        rest.ClearField("label")
        items[b"%d" % i] = Datum(label=10 * i).SerializeToString() + rest.SerializeToString()
    other = DatumReader(write(tmp_path / "other", items))
    for count, restarts in ((2, 0), (2, 0), (3, 1), (15, 2)):
        batches = []
        for reader in (usual, other):
            caplog.clear()
            batches.append(reader.read(count))
            assert [record.getMessage() for record in caplog.records] == [RESTART] * restarts
        assert np.array_equal(batches[0].images, batches[1].images)
        assert np.array_equal(batches[0].labels, batches[1].labels)
        assert usual.state == other.state


def test_a_batch_that_is_refused_leaves_the_reader_at_its_culprit(tmp_path):
    items = {b"a": datum(1), b"b": datum(2), b"c": b"\xff\xff", b"d": datum(4)}
    reader = DatumReader(write(tmp_path / "bad", items))
    for _ in range(2):
        with pytest.raises(DataError, match=r"bad': key 'c': the value is not a Datum"):
            reader.read(3)
        assert reader.state == {"next_key": b"c".hex()}


def test_refuses_an_absent_directory(tmp_path):
    with pytest.raises(DataError, match=r"there is no database '.*nowhere' \(seen from .*create it, or correct"):
        DatumReader(tmp_path / "nowhere")


def test_refuses_what_is_no_lmdb(tmp_path):
    with pytest.raises(DataError, match=r"is not an LMDB: a directory with a file data\.mdb"):
        DatumReader(tmp_path)
    (tmp_path / "file").write_text("text")
    with pytest.raises(DataError, match="is not an LMDB"):
        DatumReader(tmp_path / "file")
    (tmp_path / "data.mdb").write_bytes(b"x" * 10000)
    with pytest.raises(DataError, match="cannot be read as an LMDB"):
        DatumReader(tmp_path)
    (tmp_path / "data.mdb").write_bytes(b"")
    with pytest.raises(DataError, match="cannot be read as an LMDB"):
        DatumReader(tmp_path)


def test_refuses_a_leveldb(tmp_path):
    (tmp_path / "CURRENT").write_text("MANIFEST-000004\n")
    with pytest.raises(DataError, match="is a LevelDB, and only LMDB is read"):
        DatumReader(tmp_path)


def test_refuses_an_empty_database(tmp_path):
    with pytest.raises(DataError, match="nothing' is empty; write the database anew"):
        DatumReader(write(tmp_path / "nothing", {}))


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.95])
def test_refuses_a_truncated_database(keep, tmp_path):
    """The file of a copy that was cut off; reading on would end the process with a bus error."""
    path = write(tmp_path / "cut", {b"%08d" % i: datum(i % 25) for i in range(2000)})
    data = path / "data.mdb"
    size = data.stat().st_size
    with data.open("r+b") as file:
        file.truncate(int(size * keep))
    with pytest.raises(DataError, match=rf"is truncated: data.mdb has {int(size * keep)} bytes of \d+"):
        DatumReader(path)


def test_damage_inside_is_refused(five):
    """Pages overwritten after the two meta pages: the first access to them fails."""
    data = five / "data.mdb"
    size = data.stat().st_size
    with data.open("r+b") as file:
        file.seek(8192)
        file.write(b"\x00" * (size - 8192))
    with pytest.raises(DataError, match="is damaged"):
        DatumReader(five)
