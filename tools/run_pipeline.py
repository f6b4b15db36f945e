"""Runs the paper's experiments: `python tools/run_pipeline.py cifar10`. See layerhint/driver/pipeline.py."""

import sys

from layerhint.driver.pipeline import main
from layerhint.run_command import run_command

if __name__ == "__main__":
    sys.exit(run_command(main))
