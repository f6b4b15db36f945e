"""A data.mdb is looked at before liblmdb gets it: each thing that it trusts, broken on its own."""

import struct
from pathlib import Path

import lmdb
import pytest

from torchcaffe.data.lmdb_check import DamagedError, check_lmdb

PAGE = 4096
META = struct.Struct("<IIQQIHHQQQQQIHHQQQQQQQ")


def written(folder: Path, count: int, length: int) -> Path:
    with lmdb.open(str(folder), map_size=1 << 24) as environment, environment.begin(write=True) as transaction:
        for i in range(count):
            transaction.put(b"%08d" % i, bytes([i % 251]) * length)
    return folder / "data.mdb"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two levels: a branch and its leaves."""
    return written(tmp_path / "tree", 400, 60)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """One leaf, whose values have pages of their own."""
    return written(tmp_path / "large", 3, 9000)


def newest(file: Path) -> tuple[int, tuple[int, ...]]:
    """Where the meta page that counts begins, and its fields."""
    data = file.read_bytes()
    metas = [(start, META.unpack_from(data, start + 16)) for start in (0, PAGE)]
    return max(metas, key=lambda meta: meta[1][-1])


def root(file: Path) -> int:
    return newest(file)[1][19] * PAGE


def overwrite(file: Path, start: int, layout: str, value: int) -> None:
    with file.open("r+b") as stream:
        stream.seek(start)
        stream.write(struct.pack(layout, value))


def refused(file: Path) -> str:
    with pytest.raises(DamagedError) as caught:
        check_lmdb(file)
    return str(caught.value)


@pytest.mark.parametrize(("count", "length"), [(1, 5), (400, 60), (3, 9000), (5000, 700), (0, 0), (20000, 100)])
def test_what_lmdb_writes_is_taken(count: int, length: int, tmp_path: Path) -> None:
    check_lmdb(written(tmp_path / "db", count, length))


def test_a_database_that_has_been_changed_is_taken(tree: Path) -> None:
    """Its pages stand in another order, some of them are free."""
    with lmdb.open(str(tree.parent), map_size=1 << 24) as environment:
        for first in (0, 150):
            with environment.begin(write=True) as transaction:
                for i in range(first, first + 100):
                    transaction.delete(b"%08d" % i)
                    transaction.put(b"%08d-" % i, b"n" * 2500)
    check_lmdb(tree)


def test_a_root_outside_of_the_file_is_refused(tree: Path) -> None:
    start, _ = newest(tree)
    overwrite(tree, start + 16 + 112, "<Q", 1 << 40)
    assert "leads out of its file" in refused(tree)


def test_a_page_of_a_thousand_bytes_is_refused(tree: Path) -> None:
    overwrite(tree, 16 + 24, "<I", 1000)
    assert "a page has 1000 bytes" in refused(tree)


def test_a_depth_without_end_is_refused(tree: Path) -> None:
    start, _ = newest(tree)
    overwrite(tree, start + 16 + 78, "<H", 60000)
    assert "depth 60000" in refused(tree)


def test_a_leaf_where_a_branch_should_be_is_refused(tree: Path) -> None:
    overwrite(tree, root(tree) + 10, "<H", 2)
    assert "not what leads to it says" in refused(tree)


def test_a_page_that_leads_back_to_the_root_is_refused(tree: Path) -> None:
    """liblmdb would go round for ever."""
    page = root(tree)
    (node,) = struct.unpack_from("<H", tree.read_bytes(), page + 16)
    overwrite(tree, page + node, "<I", page // PAGE)
    assert "two ways lead to one of its pages" in refused(tree)


def test_a_node_outside_of_its_page_is_refused(tree: Path) -> None:
    overwrite(tree, root(tree) + 16, "<H", 5000)
    assert "begins outside of its page" in refused(tree)


def test_a_page_with_more_nodes_than_room_is_refused(tree: Path) -> None:
    overwrite(tree, root(tree) + 12, "<H", 4094)
    assert "header is impossible" in refused(tree)


def test_a_value_longer_than_its_page_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "db", 2, 10)
    (node,) = struct.unpack_from("<H", file.read_bytes(), root(file) + 16)
    overwrite(file, root(file) + node, "<H", 4096)
    assert "ends outside of its page" in refused(file)


def test_pages_of_a_large_value_outside_of_the_file_are_refused(large: Path) -> None:
    (node,) = struct.unpack_from("<H", large.read_bytes(), root(large) + 16)
    overwrite(large, root(large) + node + 8 + 8, "<Q", 1 << 30)
    assert "pages lie outside of its file" in refused(large)


def test_a_large_value_that_goes_on_behind_the_file_is_refused(large: Path) -> None:
    (node,) = struct.unpack_from("<H", large.read_bytes(), root(large) + 16)
    overwrite(large, root(large) + node, "<I", 1 << 30)
    assert "pages lie outside of its file" in refused(large)


def test_entries_that_are_not_there_are_refused(tree: Path) -> None:
    start, _ = newest(tree)
    overwrite(tree, start + 16 + 104, "<Q", 401)
    assert "says that it has 401 entries, and its pages hold 400" in refused(tree)
