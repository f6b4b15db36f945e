"""Runs jobs in the real Caffe; on the CPU each in a forked process, since Caffe ends the process at an error."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import caffe


def run_jobs(run: Callable[[Path, dict], None]) -> None:
    """`run(FOLDER, job)` for each job of FOLDER/jobs.json, its log to FOLDER/<name>.log.

    The script's arguments are FOLDER, and cpu or cuda:N.
    """
    folder, device = Path(sys.argv[1]), sys.argv[2]
    jobs = json.loads((folder / "jobs.json").read_text())
    if device == "cpu":
        caffe.set_mode_cpu()
        for job in jobs:
            child = os.fork()
            if child == 0:
                os._exit(_run(run, folder, job))
            os.waitpid(child, 0)
        return
    # All in this process, although one at which Caffe ends it takes those after it along: whatever touches Caffe makes
    # a CUDA context, which takes about a second and does not survive a fork.
    caffe.set_device(int(device.removeprefix("cuda:")))
    caffe.set_mode_gpu()
    for job in jobs:
        _run(run, folder, job)
    os._exit(0)  # Caffe's own end would come after that of CUDA, and be an error.


def _run(run: Callable[[Path, dict], None], folder: Path, job: dict) -> int:
    """The exit status of a job, whose output goes to its log."""
    log = os.open(folder / f"{job['name']}.log", os.O_CREAT | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    try:
        run(folder, job)
    except BaseException as error:
        os.write(2, repr(error).encode())
        return 1
    return 0
