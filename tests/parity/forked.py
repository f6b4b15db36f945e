"""Runs jobs in the real Caffe, each in a forked process, since Caffe ends the process at an error."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path


def run_jobs(run: Callable[[Path, dict], None]) -> None:
    """`run(FOLDER, job)` for each job of FOLDER/jobs.json, its log to FOLDER/<name>.log; FOLDER is the one argument."""
    folder = Path(sys.argv[1])
    for job in json.loads((folder / "jobs.json").read_text()):
        child = os.fork()
        if child == 0:
            log = os.open(folder / f"{job['name']}.log", os.O_CREAT | os.O_WRONLY)
            os.dup2(log, 1)
            os.dup2(log, 2)
            try:
                run(folder, job)
            except BaseException as error:
                os.write(2, repr(error).encode())
                os._exit(1)
            os._exit(0)
        os.waitpid(child, 0)
