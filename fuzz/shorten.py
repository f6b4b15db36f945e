"""Makes an input that is a finding shorter, as long as it stays the same finding."""

from collections.abc import Iterator

from fuzz.judge import Finding, judge
from fuzz.reader import Reader

_TRIES = 300


def shorten(reader: Reader, data: bytes, finding: Finding) -> bytes:
    """Takes lines (of text) or bytes out of `data` while it stays the same finding. A hang is returned as it is."""
    if finding.kind == "hang":
        return data
    parts = data.splitlines(keepends=True) if reader.text else [data[i : i + 1] for i in range(len(data))]
    for _, fewer in zip(range(_TRIES), _attempts(parts), strict=False):
        found = judge(reader, b"".join(fewer))
        if found is not None and (found.kind, found.place) == (finding.kind, finding.place):
            parts[:] = fewer
    return b"".join(parts)


def _attempts(parts: list[bytes]) -> Iterator[list[bytes]]:
    """Yields `parts` without one run, for ever smaller runs; the caller may shorten `parts` in between."""
    size = len(parts) // 2
    while size:
        at = 0
        while at < len(parts):
            before = len(parts)
            yield parts[:at] + parts[at + size :]
            at += size if len(parts) == before else 0
        size //= 2
