"""What a session found, as a table."""

import platform
from dataclasses import dataclass, field

from fuzz.judge import Finding
from fuzz.limits import MEMORY_BYTES, SECONDS
from fuzz.readers import READERS
from layerhint.machine import describe_machine


@dataclass
class Result:
    """What the session of one reader came to."""

    name: str
    seconds: float = 0.0
    runs: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Adds a finding that is not there yet."""
        if (finding.kind, finding.place) not in {(known.kind, known.place) for known in self.findings}:
            self.findings.append(finding)


def markdown(results: list[Result], guided: bool) -> str:
    """A page: how it was run, a row for each reader, and each finding."""
    how = "led by coverage (atheris)" if guided else "changed at random"
    lines = [
        "# Fuzzing",
        "",
        f"Written by `python -m fuzz`. Inputs {how}, at most {MEMORY_BYTES >> 20} MiB and {SECONDS:g} s for each; "
        f"{describe_machine()}, Python {platform.python_version()}.",
        "",
        "| reader | reads | minutes | inputs | findings |",
        "|---|---|---:|---:|---:|",
    ]
    lines += [
        f"| {r.name} | {READERS[r.name]} | {r.seconds / 60:.1f} | {r.runs:,} | {len(r.findings)} |" for r in results
    ]
    found = [f"- {result.name}: {finding}" for result in results for finding in result.findings]
    return "\n".join([*lines, *(["", *found] if found else []), ""])
