"""A stand-in for a `caffe train` with several solvers: a process for each, with its own log; signals go to all."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from torchcaffe.cli.flags import parse

FAKE = Path(__file__).with_name("fake_caffe.py")


def main() -> int:
    _, flags, _ = parse(sys.argv[1:])
    print(f"lockstep of {len(flags.trainings)}", flush=True)
    if os.environ.get("FAKE_CAFFE") == "refuse":
        print("error: these do not go together")
        return 1
    processes = []
    for training in flags.trainings:
        start = ["-snapshot", training.snapshot] if training.snapshot else ["-weights", training.weights]
        with Path(training.log_file).open("a") as log:
            command = [sys.executable, str(FAKE), "train", "-solver", training.solver, *start]
            processes.append(subprocess.Popen(command, stdout=log, stderr=log))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda sent, _: [process.send_signal(sent) for process in processes])
    return max(process.wait() for process in processes)


if __name__ == "__main__":
    sys.exit(main())
