"""Fuzzes the readers of foreign files: each in a process of its own, then a table.

    python -m fuzz --seconds 600 --reader net --reader solver --out results/fuzz.md

An input is a finding where its reader does anything but return or refuse it by an error of the project's own: another
exception, more than 1 GiB of memory, more than 10 seconds, a dead process. The first input of each finding is kept in
tests/fuzz/corpus, and the tests read it from then on.
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
"""For setting up, and for the last input, on a machine that has other work too."""
_children: "set[subprocess.Popen[bytes]]" = set()


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 1 where something was found."""
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
    """One reader's session; a process that dies is started again for the time that is left."""
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
    """Ends the readers' processes too, which would otherwise go on."""
    for child in list(_children):
        child.kill()
    os._exit(128 + number)


def _wait(child: "subprocess.Popen[bytes]", seconds: float) -> int:
    """The exit status; a process that does not end is killed."""
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()
    except BaseException:
        child.kill()
        raise


def _take(result: Result, folder: Path, kept: Path, status: int) -> bool:
    """Adds what a session left to the result; says whether it died."""
    progress = folder / "progress.json"
    if not progress.exists():
        log = (folder / "log").read_text(encoding="utf-8", errors="replace")
        raise SystemExit(f"the reader {result.name} could not be set up:\n{log[-3000:]}")
    told = json.loads(progress.read_text(encoding="utf-8"))
    result.runs += told["runs"]
    result.seconds += told["seconds"]
    for found in told["findings"]:
        result.add(Finding(**found))
    if status == 0:
        return False
    cause = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    file = corpus.keep(result.name, (folder / "current").read_bytes(), kept)
    lines = (folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
    said = next((line for line in reversed(lines) if "ERROR" in line or "rror:" in line), "")
    result.add(Finding("death", file.name, f"{cause} {said}"[:200]))
    return True


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60, help="for each reader (default 60)")
    parser.add_argument("--reader", action="append", choices=list(READERS), help="only this one; may be repeated")
    parser.add_argument("--jobs", type=int, default=1, help="readers at a time (default 1)")
    parser.add_argument("--seed", type=int, default=1, help="of the changes (default 1)")
    parser.add_argument(
        "--engine",
        choices=["auto", "guided", "plain"],
        default="auto",
        help="guided: led by coverage, needs atheris; plain: changes alone; auto: guided where it can be (default)",
    )
    parser.add_argument("--keep", type=Path, default=corpus.KEPT, help="where the inputs of findings are kept")
    parser.add_argument(
        "--out", type=Path, help="write the table to this file too, and records beside it; other readers keep theirs"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
