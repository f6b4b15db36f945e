"""Log lines as glog writes them, so that scripts that parse Caffe's logs work."""

import logging
import os
import sys
from datetime import datetime

logger = logging.getLogger("torchcaffe")


class GlogFormatter(logging.Formatter):
    """`I1123 08:06:00.123456  4711 solver.py:93] message`: severity, date, time, process, place."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = datetime.fromtimestamp(record.created).strftime("%m%d %H:%M:%S.%f")
        letter = "F" if record.levelno >= logging.CRITICAL else record.levelname[0]
        place = f"{record.filename}:{record.lineno}"
        return f"{letter}{stamp} {os.getpid():5d} {place}] {record.getMessage()}"


def log_to_stderr() -> None:
    """Sends torchcaffe's log to the standard error stream, from INFO up, as the `caffe` command does."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(GlogFormatter())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def number(value: float) -> str:
    """A number as C++ streams print it: six significant digits, no trailing zeros."""
    return f"{value:g}"
