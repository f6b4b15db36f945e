"""One reader's session, in a process of its own, since an input may kill it: that is a finding too.

The session writes two files for `fuzz.__main__`: `progress.json`, and `current`, the input that it is reading or read
last.
"""

import argparse
import contextlib
import json
import random
import sys
import time
from dataclasses import asdict
from pathlib import Path

from fuzz import corpus
from fuzz.judge import Finding, judge
from fuzz.memory import Upkeep
from fuzz.mutate import Mutator
from fuzz.reader import MAX_BYTES, OWN_ERRORS, Reader
from fuzz.readers import reader_class
from fuzz.shorten import shorten


class Session:
    """Judges inputs, and keeps the first one of each finding."""

    def __init__(self, reader: Reader, name: str, folder: Path, kept: Path) -> None:
        self.reader, self.name, self.folder, self.kept = reader, name, folder, kept
        self.runs = 0
        self.findings: dict[tuple[str, str], Finding] = {}
        self._last_told, self._begun = 0.0, time.monotonic()
        self._upkeep = Upkeep()

    def one(self, data: bytes) -> None:
        """Reads one input."""
        (self.folder / "current").write_bytes(data)
        finding = judge(self.reader, data)
        self._upkeep.after_input()
        self.runs += 1
        if finding is not None and (finding.kind, finding.place) not in self.findings:
            self.findings[finding.kind, finding.place] = finding
            corpus.keep(self.name, shorten(self.reader, data, finding), self.kept)
            print(f"{self.name}: {finding}", flush=True)
            self.tell()
        elif time.monotonic() - self._last_told > 1:
            self.tell()

    def tell(self) -> None:
        """Writes the runs, seconds and findings so far to `progress.json`."""
        self._last_told = time.monotonic()
        seconds = self._last_told - self._begun
        progress = {
            "runs": self.runs,
            "seconds": seconds,
            "findings": [asdict(finding) for finding in self.findings.values()],
        }
        beside = self.folder / "progress.tmp"
        beside.write_text(json.dumps(progress), encoding="utf-8")
        beside.replace(self.folder / "progress.json")


def run(session: Session, mutator: Mutator, seconds: float) -> None:
    """Judges random changes of the seeds, and of inputs so made, for `seconds`, whatever code they reach."""
    pool = [*mutator.others]
    end = time.monotonic() + seconds
    for seed in list(pool):
        session.one(seed)
    while time.monotonic() < end:
        data = mutator.change(mutator.rng.choice(pool), MAX_BYTES, session.reader.text)
        session.one(data)
        if mutator.rng.random() < 0.01 and len(pool) < 1000:
            pool.append(data)
    session.tell()


def run_guided(session: Session, mutator: Mutator, seconds: float, pool: Path) -> None:
    """Runs libFuzzer, guided by the lines and branches that inputs reach. Ends the process."""
    import atheris

    from fuzz.coverage import hide_arrays

    def one(data: bytes) -> None:
        hide_arrays()
        session.one(data)

    def change(data: bytes, longest: int, seed: int) -> bytes:
        mutator.rng.seed(seed)
        if mutator.rng.random() < (0.25 if session.reader.text else 0.6):
            return bytes(atheris.Mutate(data, longest))
        return mutator.change(data, longest, session.reader.text)

    flags = [f"-max_total_time={max(1, round(seconds))}", "-timeout=0", f"-max_len={MAX_BYTES}", "-rss_limit_mb=4096"]
    quiet = ["-verbosity=0", "-print_final_stats=0", f"-artifact_prefix={session.folder}/", "-len_control=0"]
    atheris.Setup([sys.argv[0], *flags, *quiet, str(pool)], one, custom_mutator=change)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    parser.add_argument("kept", type=Path)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--guided", action="store_true")
    options = parser.parse_args()
    if not options.guided:
        reader = _prepared(options)
    else:
        from fuzz.coverage import coverage

        # Some modules are imported only when a file needs them, so the seeds are read under coverage too.
        with coverage():
            reader = _prepared(options)
    _start(reader, options)


def _prepared(options: argparse.Namespace) -> Reader:
    """Makes the reader and has it read its seeds once."""
    scratch = options.folder / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    reader = reader_class(options.name)(scratch)
    for data in reader.seeds():
        with contextlib.suppress(*OWN_ERRORS):
            reader.read(data)
    return reader


def _start(reader: Reader, options: argparse.Namespace) -> None:
    """Collects the first inputs (the seeds, and kept findings) and runs the session."""
    pool = options.folder / "pool"
    pool.mkdir(exist_ok=True)
    begin = [*reader.seeds(), *(path.read_bytes() for path in corpus.kept(options.name))]
    for i, data in enumerate(begin):
        (pool / f"seed{i}").write_bytes(data)
    mutator = Mutator(random.Random(options.seed), [word.encode() for word in reader.words()], begin)
    session = Session(reader, options.name, options.folder, options.kept)
    session.tell()
    if options.guided:
        run_guided(session, mutator, options.seconds, pool)
    else:
        run(session, mutator, options.seconds)


if __name__ == "__main__":
    main()
