"""Runs a command, and takes its time to pass SIGINT on; a file has a line for each that came."""

import signal
import subprocess
import sys
import time
from pathlib import Path


def main() -> int:
    asked, *command = sys.argv[1:]
    process = subprocess.Popen(command)

    def pass_on(number: int, _: object) -> None:
        with Path(asked).open("a") as file:
            file.write("asked\n")
        time.sleep(0.7)
        process.send_signal(number)

    signal.signal(signal.SIGINT, pass_on)
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
