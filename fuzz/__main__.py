"""Fuzzes the file readers, each in a process of its own, and prints a table.

    python -m fuzz --seconds 600 --reader net --reader solver --out results/fuzz.md

A reader must return, or raise an error of the project's own. Anything else is a finding: another exception, more than
1 GiB of memory, more than 10 seconds, a dead process. The first input of each finding is kept in tests/fuzz/corpus, and
the tests read it from then on.
"""

import argparse
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fuzz import corpus
from fuzz.judge import Finding
from fuzz.readers import READERS
from fuzz.table import Result, markdown, write

_MAX_DEATHS = 20
_GRACE_SECONDS = 600
"""Extra time for setting up and for the last input, on a busy machine."""
_children: "set[subprocess.Popen[bytes]]" = set()


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status: 1 for a finding, or if `--engine guided` lacks atheris."""
    options = _parse(arguments)
    signal.signal(signal.SIGTERM, _stop)
    guided = options.engine != "plain" and importlib.util.find_spec("atheris") is not None
    if options.engine == "guided" and not guided:
        print("error: --engine guided needs atheris: pip install -e .[fuzz]", file=sys.stderr)
        return 1
    names = options.reader or list(READERS)
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, ThreadPoolExecutor(options.jobs) as pool:

        def of(name: str) -> None:
            result = fuzz(name, Path(folder) / name, options.keep, options.seconds, options.seed, guided)
            print(
                f"{name}: {result.runs:,} inputs in {result.seconds:.0f} s, {len(result.findings)} findings", flush=True
            )
            results.append(result)
            if options.out:
                write(results, options.out)

        list(pool.map(of, names))
    print(markdown(results))
    return int(any(result.findings for result in results))


def fuzz(name: str, folder: Path, kept: Path, seconds: float, seed: int, guided: bool) -> Result:
    """Fuzzes one reader for `seconds`; if its process dies, starts another one for the remaining time."""
    folder.mkdir(parents=True)
    result = Result(name, guided)
    deaths = 0
    while (left := seconds - result.seconds) >= 1 and deaths <= _MAX_DEATHS:
        command = [sys.executable, "-m", "fuzz.child", name, str(folder), str(kept)]
        command += ["--seconds", str(left), "--seed", str(seed + deaths), *(["--guided"] if guided else [])]
        (folder / "progress.json").unlink(missing_ok=True)
        with (folder / "log").open("ab") as log:
            child = subprocess.Popen(command, stdout=log, stderr=log)
            _children.add(child)
            status = _wait(child, left + _GRACE_SECONDS)
            _children.discard(child)
        deaths += _take(result, folder, kept, status)
        if status == 0:
            break
    return result


def _stop(number: int, _frame: object) -> None:
    """Kills the readers' processes, which would otherwise keep running, and exits."""
    for child in list(_children):
        child.kill()
    os._exit(128 + number)


def _wait(child: "subprocess.Popen[bytes]", seconds: float) -> int:
    """Returns the exit status; kills a process that has not ended after `seconds`."""
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()
    except BaseException:
        child.kill()
        raise


def _take(result: Result, folder: Path, kept: Path, status: int) -> bool:
    """Adds a session's progress and findings to `result`; returns whether its process died."""
    progress = folder / "progress.json"
    if not progress.exists():
        log = (folder / "log").read_text(encoding="utf-8", errors="replace")
        raise SystemExit(f"the reader {result.name} could not be set up:\n{log[-3000:]}")
    session = json.loads(progress.read_text(encoding="utf-8"))
    result.runs += session["runs"]
    result.seconds += session["seconds"]
    for finding in session["findings"]:
        result.add(Finding(**finding))
    if status == 0:
        return False
    cause = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    file = corpus.keep(result.name, (folder / "current").read_bytes(), kept)
    lines = (folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
    message = next((line for line in reversed(lines) if "ERROR" in line or "rror:" in line), "")
    result.add(Finding("death", file.name, f"{cause} {message}"[:200]))
    return True


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60, help="time for each reader (default 60)")
    parser.add_argument(
        "--reader", action="append", choices=list(READERS), help="fuzz only this reader; may be repeated"
    )
    parser.add_argument("--jobs", type=int, default=1, help="readers fuzzed at a time (default 1)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random changes (default 1)")
    parser.add_argument(
        "--engine",
        choices=["auto", "guided", "plain"],
        default="auto",
        help="guided: by coverage, needs atheris; plain: random changes; auto: guided if atheris is there (default)",
    )
    parser.add_argument("--keep", type=Path, default=corpus.KEPT, help="where the inputs of findings are kept")
    parser.add_argument(
        "--out",
        type=Path,
        help="also write the table to this file, and records beside it; keeps those of other readers",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
