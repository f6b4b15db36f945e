"""Changes to files: bytes for any format, and lines, words and numbers for text."""

import random
import re
from collections.abc import Sequence

_NUMBER = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(rb"[A-Za-z_][\w/-]*")
_QUOTED = re.compile(rb'"[^"\n]*"')
_NUMBERS = [
    *(b"0", b"1", b"-1", b"2", b"3", b"7", b"127", b"255", b"65536", b"1000000", b"2147483647", b"-2147483648"),
    *(b"2147483648", b"4294967295", b"9223372036854775807", b"1e9", b"1e38", b"1e400", b"-1e400", b"nan", b"inf"),
    *(b"0.5", b"-0.5", b"1e-45", b"0x7fffffff", b"1" * 400),
]
_WHOLE = [b"0", b"1", b"2", b"3", b"4", b"5", b"7", b"8", b"16", b"63", b"-1", b"-2", b"1000", b"100000", b"2147483647"]
_BYTES = [0, 1, 0x7F, 0x80, 0xFF]
_STEPS = [1, 1, 1, 2, 4]


class Mutator:
    """Makes random changes, drawn from `rng`; inserts `words`, and parts of the files `others`."""

    def __init__(self, rng: random.Random, words: Sequence[bytes] = (), others: Sequence[bytes] = ()) -> None:
        self.rng = rng
        self.words = list(words)
        self.others = list(others)

    def change(self, data: bytes, longest: int, text: bool) -> bytes:
        """`data` after one to four changes, cut to `longest` bytes."""
        for _ in range(self.rng.choice(_STEPS)):
            if text and self.rng.random() < 0.95:
                change = self.rng.choice([self._line, self._line, self._number, self._number, self._word, self._quoted])
            else:
                change = self.rng.choice([self._flip, self._insert, self._delete, self._repeat, self._mix, self._big])
            data = change(data)[:longest]
        return data

    # Text.

    def _line(self, data: bytes) -> bytes:
        """Takes a run of lines out, doubles it, moves it, or takes one from another file."""
        lines = data.splitlines(keepends=True) or [b""]
        first = self.rng.randrange(len(lines))
        last = min(len(lines), first + self.rng.choice([1, 1, 1, 2, 5, 12]))
        run = lines[first:last]
        act = self.rng.randrange(4)
        if act == 3 and self.others:
            source = self.rng.choice(self.others).splitlines(keepends=True) or [b""]
            start = self.rng.randrange(len(source))
            run = source[start : start + self.rng.choice([1, 3, 10])]
        rest = lines[:first] + lines[last:] if act in (0, 2) else lines
        if act == 0:
            return b"".join(rest)
        at = self.rng.randint(0, len(rest))
        return b"".join(rest[:at] + run + rest[at:])

    def _number(self, data: bytes) -> bytes:
        return self._replace(_NUMBER, data, _NUMBERS if self.rng.random() < 0.3 else _WHOLE)

    def _word(self, data: bytes) -> bytes:
        return self._replace(_WORD, data, self.words or _WORD.findall(data))

    def _quoted(self, data: bytes) -> bytes:
        """Replaces a quoted text by another one of the file or a known word, to mix up blobs, layers and types."""
        known = [b'"%s"' % word for word in self.words] + _QUOTED.findall(data) * 3 + [b'""']
        return self._replace(_QUOTED, data, known)

    def _replace(self, pattern: re.Pattern[bytes], data: bytes, by: Sequence[bytes]) -> bytes:
        places = list(pattern.finditer(data))
        if not places or not by:
            return data
        place = self.rng.choice(places)
        return data[: place.start()] + self.rng.choice(by) + data[place.end() :]

    # Bytes.

    def _flip(self, data: bytes) -> bytes:
        if not data:
            return data
        at = self.rng.randrange(len(data))
        value = data[at] ^ 1 << self.rng.randrange(8) if self.rng.random() < 0.5 else self.rng.choice(_BYTES)
        return data[:at] + bytes([value]) + data[at + 1 :]

    def _big(self, data: bytes) -> bytes:
        """Overwrites 2, 4 or 8 bytes with an integer, mostly one at the edge of its type."""
        size = self.rng.choice([2, 4, 8])
        value = self.rng.choice([0, 1, (1 << 8 * size) - 1, 1 << 8 * size - 1, 1 << 4 * size, self.rng.getrandbits(12)])
        at = self.rng.randint(0, len(data))
        value = value % (1 << 8 * size)
        return data[:at] + value.to_bytes(size, self.rng.choice(["little", "big"])) + data[at + size :]

    def _insert(self, data: bytes) -> bytes:
        at = self.rng.randint(0, len(data))
        new = self.rng.choice(self.words) if self.words and self.rng.random() < 0.5 else self.rng.randbytes(3)
        return data[:at] + new + data[at:]

    def _delete(self, data: bytes) -> bytes:
        first, last = self._range(data)
        return data[:first] + data[last:]

    def _repeat(self, data: bytes) -> bytes:
        first, last = self._range(data)
        at = self.rng.randint(0, len(data))
        return data[:at] + data[first:last] * self.rng.choice([1, 1, 2, 50]) + data[at:]

    def _mix(self, data: bytes) -> bytes:
        if not self.others:
            return data
        other = self.rng.choice(self.others)
        first, last = self._range(other)
        at = self.rng.randint(0, len(data))
        return data[:at] + other[first:last] + data[at + (last - first) * self.rng.randint(0, 1) :]

    def _range(self, data: bytes) -> tuple[int, int]:
        first = self.rng.randint(0, len(data))
        return first, min(len(data), first + self.rng.choice([1, 2, 4, 8, 64, 1024]))
