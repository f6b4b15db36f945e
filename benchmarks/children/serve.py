"""The request loop of a child. It imports only the standard library, since a real Caffe's Python runs it too.

Its first argument is the device. Each request, a line of JSON on stdin, gets a line of JSON on stdout:

    {"run": 5}  ->  {"seconds": 0.31, "peak_bytes": 412876800, "result": ...}

The child builds its work before it answers the first request, which may ask for 0 runs.
"""

import json
import os
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any, TextIO

from benchmarks.children.device import open_device

Run = Callable[[int], Any]
Build = Callable[[str, list[str]], Run]


def main(build: Build) -> int:
    """Calls `build` with the device and other arguments; answers requests until stdin ends. Returns the exit status."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # What a Caffe prints must not come between the replies.
    try:
        _serve(build, replies)
    except Exception as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _serve(build: Build, replies: TextIO) -> None:
    name, *arguments = sys.argv[1:]
    first = sys.stdin.readline()
    if not first:
        return
    device = open_device(name)
    device.begin()
    run = build(name, arguments)
    device.synchronise()
    device.end()
    line = first
    while line:
        count = json.loads(line)["run"]
        device.begin()
        start = perf_counter()
        result = run(count) if count else None
        device.synchronise()
        seconds = perf_counter() - start
        device.end()
        replies.write(json.dumps({"seconds": seconds, "peak_bytes": device.peak_bytes(), "result": result}) + "\n")
        replies.flush()
        line = sys.stdin.readline()
