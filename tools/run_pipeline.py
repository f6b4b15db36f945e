"""Runs the paper's experiments: `python tools/run_pipeline.py cifar10`. See layerhint/driver/pipeline.py."""

import sys

from layerhint.driver.pipeline import main

if __name__ == "__main__":
    sys.exit(main())
