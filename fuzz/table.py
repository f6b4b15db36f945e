"""The results of the readers' sessions: a record of each, and a table of all."""

import datetime
import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from fuzz.judge import Finding
from fuzz.limits import MEMORY_BYTES, SECONDS
from fuzz.readers import READERS
from layerhint.machine import describe_machine
from torchcaffe.files import write_bytes_atomically


@dataclass
class Result:
    """The result of one reader's session."""

    name: str
    guided: bool = False
    seconds: float = 0.0
    runs: int = 0
    findings: list[Finding] = field(default_factory=list)
    date: str = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).date().isoformat())
    machine: str = field(default_factory=lambda: f"{describe_machine()}, Python {platform.python_version()}")

    def add(self, finding: Finding) -> None:
        """Adds a finding that is not there yet."""
        if (finding.kind, finding.place) not in {(known.kind, known.place) for known in self.findings}:
            self.findings.append(finding)


def write(results: Sequence[Result], page: Path) -> None:
    """Writes the table to `page`, and its records beside it, as JSON.

    Records there of readers without a new result are kept: all readers for ten minutes each take hours, and need not
    be fuzzed in one session.
    """
    records = page.with_suffix(".json")
    known = {result.name: result for result in _read(records)} | {result.name: result for result in results}
    kept = [known[name] for name in READERS if name in known]
    write_bytes_atomically(records, (json.dumps([asdict(result) for result in kept], indent=1) + "\n").encode())
    write_bytes_atomically(page, markdown(kept).encode())


def markdown(results: Sequence[Result]) -> str:
    """A page: how it was run, a row for each reader, and each finding."""
    lines = [
        "# Fuzzing",
        "",
        "Written by `python -m fuzz --seconds 600 --out results/fuzz.md`, with `--reader` for some of the readers.",
        f"At most {MEMORY_BYTES >> 20} MiB and {SECONDS:g} s for each input; inputs led by coverage (atheris) or "
        "changed at random. The input of each finding lies in `tests/fuzz/corpus`: the tests read it, so that what was "
        "found is mended, or they fail.",
        "",
        "| reader | reads | minutes | inputs | led by | findings | date | machine |",
        "|---|---|---:|---:|---|---:|---|---|",
    ]
    lines += [
        f"| {r.name} | {READERS[r.name]} | {r.seconds / 60:.1f} | {r.runs:,} | "
        f"{'coverage' if r.guided else 'chance'} | {len(r.findings)} | {r.date} | {r.machine} |"
        for r in results
    ]
    found = [f"- {result.name}: {finding}" for result in results for finding in result.findings]
    return "\n".join([*lines, *(["", *found] if found else []), ""])


def _read(records: Path) -> list[Result]:
    if not records.exists():
        return []
    return [
        Result(**record | {"findings": [Finding(**finding) for finding in record["findings"]]})
        for record in json.loads(records.read_text(encoding="utf-8"))
    ]
