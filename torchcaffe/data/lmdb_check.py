"""Checks whether an LMDB's file can be read safely.

liblmdb maps the file and trusts each byte of it: a wrong page number or offset kills the process, or makes it read
unrelated memory. So before it opens a file, all pages on the way to the data are checked here: each must be of the
right kind, inside the file and referred to once, and each node must be inside its page.

Format: liblmdb 0.9, `mdb.c` (`MDB_meta`, `MDB_db`, `MDB_page`, `MDB_node`), little-endian, 64 bits.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

_MAGIC, _VERSION = 0xBEEFC0DE, 1
_HEADER, _NODE = 16, 8
_META = struct.Struct("<IIQQ" + "IHHQQQQQ" * 2 + "QQ")
_BRANCH, _LEAF, _META_PAGE = 1, 2, 8
_BIG = 1
_NO_ROOT = 2**64 - 1
_MAX_KEY, _MAX_DEPTH = 511, 32
_PAGES_AT_A_TIME = 1 << 10


class DamagedError(Exception):
    """The message says what is wrong, to follow "it is damaged: "."""


@dataclass(frozen=True)
class Meta:
    """The content of a meta page: the size of pages, the tree's root, depth, flags and entries, the last page."""

    page_size: int
    root: int
    depth: int
    flags: int
    entries: int
    last_page: int
    transaction: int


def check_lmdb(file: Path) -> None:
    """Raises `DamagedError` for a data.mdb that liblmdb cannot be trusted with, OSError for one that cannot be read."""
    size = file.stat().st_size
    if size < _HEADER + _META.size:
        raise DamagedError(f"its file has {size} bytes, which is no LMDB")
    content = np.memmap(file, np.uint8, mode="r")
    meta = _newest_meta(content)
    wanted = (meta.last_page + 1) * meta.page_size
    if size < wanted:
        raise DamagedError(f"its file is truncated: data.mdb has {size} bytes of {wanted}; copy it again whole")
    if meta.root != _NO_ROOT:
        _check_tree(content[:wanted].reshape(-1, meta.page_size), meta)


def _newest_meta(content: Bytes) -> Meta:
    first = _meta(content, 0)
    second = _meta(content, first.page_size)
    if second.page_size != first.page_size:
        raise DamagedError("its two meta pages differ in the size of a page")
    return first if first.transaction >= second.transaction else second


def _meta(content: Bytes, start: int) -> Meta:
    if start + _HEADER + _META.size > len(content):
        raise DamagedError("its file ends before its meta pages do")
    (flags,) = struct.unpack_from("<H", content.data, start + 10)
    fields = _META.unpack_from(content.data, start + _HEADER)
    magic, version, page_size = fields[0], fields[1], fields[4]
    if (flags, magic, version) != (_META_PAGE, _MAGIC, _VERSION):
        raise DamagedError("it does not begin with the two meta pages of an LMDB of version 0.9")
    if page_size not in (1 << n for n in range(9, 17)):
        raise DamagedError(f"it says that a page has {page_size} bytes")
    _, flags, depth, _, _, _, entries, root = fields[12:20]
    return Meta(page_size, root, depth, flags, entries, *fields[20:22])


def _check_tree(pages: Bytes, meta: Meta) -> None:
    """Checks the tree of the main database, level by level."""
    if meta.flags or not 1 <= meta.depth <= _MAX_DEPTH:
        raise DamagedError(f"its tree has depth {meta.depth} and flags {meta.flags}, unlike that of a Caffe database")
    seen = np.zeros(len(pages), np.bool_)
    level = _led_to([np.array([meta.root if meta.root < 2**62 else -1], np.int64)], seen)
    for _ in range(meta.depth - 1):
        level = _led_to((nodes.children() for nodes in _nodes(pages, level, _BRANCH, least=2)), seen)
    entries = 0
    for nodes in _nodes(pages, level, _LEAF, least=1):
        nodes.check_data(len(pages))
        entries += len(nodes.offset)
    if entries != meta.entries:
        raise DamagedError(f"it says that it has {meta.entries} entries, and its pages hold {entries}")


def _led_to(parts: Any, seen: npt.NDArray[np.bool_]) -> Numbers:
    """The page numbers of a level; refuses those that are outside of the file or were seen before."""
    numbers: Numbers = np.concatenate(list(parts))
    if ((numbers < 2) | (numbers >= len(seen))).any():
        raise DamagedError("a page number leads out of its file")
    if seen[numbers].any() or len(np.unique(numbers)) != len(numbers):
        raise DamagedError("two ways lead to one of its pages")
    seen[numbers] = True
    return numbers


@dataclass(frozen=True)
class _Nodes:
    """The nodes of some pages of one kind: node i begins at byte `offset[i]` of `bytes[page[i]]`."""

    bytes: Bytes
    page: Numbers
    offset: Numbers

    def u16(self, at: Numbers | int) -> Numbers:
        """Two bytes of each node, from byte `at` of it on."""
        start = self.offset + at
        low, high = (self.bytes[self.page, start + i].astype(np.int64) for i in range(2))
        both: Numbers = low | high << 8
        return both

    def number(self, at: Numbers | int, words: int) -> Numbers:
        """A number of `words` 2-byte words of each node, from byte `at` on; negative if it has more than 62 bits."""
        parts = [self.u16(at + 2 * i) << 16 * i for i in range(words)]
        value: Numbers = sum(parts[1:], parts[0])
        return value

    def children(self) -> Numbers:
        """The page that each node of a branch refers to: 48 bits."""
        return self.number(0, 3)

    def check_data(self, pages: int) -> None:
        """Checks that a leaf's keys and values are inside the page, or in whole pages of their own."""
        flags, key, data = self.u16(4), self.u16(6), self.number(0, 2)
        if ((flags & ~_BIG) != 0).any() or (key < 1).any() or (key > _MAX_KEY).any():
            raise DamagedError("an entry is of a kind that Caffe's databases do not have")
        big = flags == _BIG
        page_size = self.bytes.shape[1]
        end = self.offset + _NODE + key + np.where(big, 8, data)
        if (end > page_size).any():
            raise DamagedError("an entry ends outside of its page")
        if not big.any():
            return
        apart = _Nodes(self.bytes, self.page[big], self.offset[big])
        first = apart.number(_NODE + key[big], 4)
        count = -(-(_HEADER + data[big]) // page_size)
        if ((first < 2) | (first > pages - count)).any():
            raise DamagedError("an entry's pages lie outside of its file")


def _nodes(pages: Bytes, numbers: Numbers, kind: int, least: int) -> Iterator[_Nodes]:
    """Yields the nodes of these pages, some pages at a time; checks the pages' headers and the nodes' places."""
    page_size = pages.shape[1]
    for start in range(0, len(numbers), _PAGES_AT_A_TIME):
        some = numbers[start : start + _PAGES_AT_A_TIME]
        content = pages[some]
        header = content[:, :_HEADER].copy().view("<u2").astype(np.int64)
        flags, lower, upper = header[:, 5], header[:, 6], header[:, 7]
        if (flags != kind).any() or (content[:, :8].copy().view("<i8")[:, 0] != some).any():
            raise DamagedError("a page is not what leads to it says")
        count = (lower - _HEADER) >> 1
        if ((lower & 1) | (count < least) | (lower > upper) | (upper > page_size)).any():
            raise DamagedError("a page's header is impossible")
        page = np.repeat(np.arange(len(some)), count)
        place = np.arange(len(page)) - np.repeat(np.cumsum(count) - count, count)
        offset = _Nodes(content, page, _HEADER + 2 * place).u16(0)
        if ((offset < lower[page]) | (offset + _NODE > page_size)).any():
            raise DamagedError("an entry begins outside of its page")
        yield _Nodes(content, page, offset)
