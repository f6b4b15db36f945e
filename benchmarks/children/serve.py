"""A process that works when it is asked to. It imports nothing but Python's own library: a real Caffe's Python runs it.

After its start it says so; then each request, a line of JSON on stdin, gets a line of JSON on stdout:

    {"run": 5}  ->  {"seconds": 0.31, "peak_bytes": 412876800, "result": ...}
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, TextIO

Run = Callable[[int], Any]


def main(build: Callable[[list[str]], Run]) -> int:
    """Builds what is to run from the command line's arguments, and serves until stdin ends."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # What a Caffe prints must not come between the replies.
    try:
        run = build(sys.argv[1:])
        _say(replies, {"ready": True})
        for line in sys.stdin:
            count = json.loads(line)["run"]
            start = perf_counter()
            result = run(count)
            seconds = perf_counter() - start
            _say(replies, {"seconds": seconds, "peak_bytes": peak_bytes(), "result": result})
    except Exception as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def peak_bytes(status: Path = Path("/proc/self/status")) -> int:
    """The most memory that the process has had resident; 0 where the system does not tell.

    `getrusage` would count what the process had before it became this program: its parent's memory.
    """
    try:
        lines = status.read_text().splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(found[0]) * 1024 if found else 0


def _say(replies: TextIO, reply: dict[str, Any]) -> None:
    replies.write(json.dumps(reply) + "\n")
    replies.flush()
