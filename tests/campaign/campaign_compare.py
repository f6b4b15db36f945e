"""What two runs of the same steps left, compared: bit for bit, apart from what tells of times."""

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lmdb

TIMES = ("finished", "seconds", "iterations_run", "iterations_per_second", "resumed_from", "lockstep", "latency")
"""What a record says of when and how long, and of the stints in which a training was done, alone or with others."""

_NOT_COMPARED = ("lock", "lock.mdb", "status.json")
_ITERATION = re.compile(r"_iter_(\d+)\.(caffemodel|solverstate)$")


@dataclass
class Comparison:
    """How many things of each kind were compared, and what differs."""

    compared: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


def compare(undisturbed: Path, disturbed: Path) -> Comparison:
    """Compares two run folders.

    Snapshots on the way are compared where both runs have them: a run that was stopped has some more.
    """
    result = Comparison()
    ours, theirs = _files(undisturbed), _files(disturbed)
    for name in sorted(ours.keys() | theirs.keys()):
        kind = _kind(name)
        if kind is None:
            continue
        if name not in ours or name not in theirs:
            if kind != "snapshots on the way":
                result.differences.append(f"{name} is {'missing' if name not in theirs else 'too much'}")
            continue
        result.compared[kind] += 1
        if _content(ours[name], kind) != _content(theirs[name], kind):
            result.differences.append(f"{name} differs")
    return result


def interleaved(run: Path) -> list[str]:
    """The logs of trainings in which a process wrote after another one had begun."""
    found = []
    for log in sorted((run / "logs").rglob("*.log")):
        writers = re.findall(r"^[IWEF]\d{4} \S+ +(\d+) ", log.read_text(errors="replace"), re.MULTILINE)
        turns = [writer for i, writer in enumerate(writers) if i == 0 or writers[i - 1] != writer]
        if len(turns) != len(set(turns)):
            found.append(str(log))
    return found


def leftovers(run: Path) -> list[str]:
    """Temporary files, and notes of steps that were begun, which a run that is done should not have left."""
    return [
        str(path)
        for pattern in (".*.tmp", ".partial-*", "*.started.json", "*.pending.json")
        for path in run.rglob(pattern)
    ]


def _files(run: Path) -> dict[str, Path]:
    return {path.relative_to(run).as_posix(): path for path in run.rglob("*") if path.is_file()}


def _kind(name: str) -> str | None:
    """What a file is; None for what need not be the same: logs, status, the page with its dates, what was set aside."""
    if name.startswith(("logs/", "report/")) or "/replaced/" in name or Path(name).name in _NOT_COMPARED:
        return "report's tables" if name.endswith(".csv") else None
    if found := _ITERATION.search(name):
        return f"final {found[2]}s" if _is_final(name, int(found[1])) else "snapshots on the way"
    if name.endswith("_init.caffemodel"):
        return "initial caffemodels"
    if name.endswith("data.mdb"):
        return "LMDBs"
    kinds = {
        ".binaryproto": "mean files",
        ".json": "records",
        ".prototxt": "generated files",
        ".yaml": "generated files",
    }
    return kinds.get(Path(name).suffix, "others")


def _is_final(name: str, iteration: int) -> bool:
    return iteration == (10 if name.rpartition("/")[2].startswith("stage1") else 30)  # experiments/profiles/smoke.yaml


def _content(path: Path, kind: str) -> Any:
    if kind == "LMDBs":
        with lmdb.open(str(path.parent), readonly=True, lock=False) as env, env.begin() as transaction:
            return hashlib.sha256(b"".join(key + value for key, value in transaction.cursor())).hexdigest()
    if kind == "records":
        return _timeless(json.loads(path.read_text()))
    if path.name == "lineage.csv":
        return [line for line in path.read_text().splitlines() if ",Trained by," not in line]
    return path.read_bytes()


def _timeless(value: Any) -> Any:
    """A record without its times; the report's hashes of other records, and of its page, go by them."""
    if isinstance(value, dict):
        dropped = {*TIMES, *(("inputs", "outputs") if value.get("kind") == "write report" else ())}
        return {key: _timeless(part) for key, part in value.items() if key not in dropped}
    return [_timeless(part) for part in value] if isinstance(value, list) else value
