"""Log lines as glog writes them, so that scripts that parse Caffe's logs work."""

import contextlib
import errno
import logging
import os
import sys
from datetime import datetime
from typing import TextIO

from torchcaffe.errors import CaffeError

logger = logging.getLogger("torchcaffe")
LEVELS = (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)
"""glog's severities: INFO, WARNING, ERROR, FATAL."""
_SEVERITY = "GLOG_minloglevel"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class LogError(CaffeError):
    """There is no room left for the log."""


class LogHandler(logging.StreamHandler[TextIO]):
    """Writes the log to a stream. A line that does not fit on a full disk raises LogError: otherwise lines of a
    training would be lost, and a run resumed from its next snapshot would not log them again."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        error = sys.exc_info()[1]
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise LogError(f"the log cannot be written: {error.strerror}: free some space") from error
        super().handleError(record)


class GlogFormatter(logging.Formatter):
    """Formats lines as `I1123 08:06:00.123456  4711 solver.py:93] message`: severity, date, time, process, place."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = datetime.fromtimestamp(record.created).strftime("%m%d %H:%M:%S.%f")
        letter = "F" if record.levelno >= logging.CRITICAL else record.levelname[0]
        place = f"{record.filename}:{record.lineno}"
        return f"{letter}{stamp} {os.getpid():5d} {place}] {record.getMessage()}"


def log_to_stderr(severity: int = 0) -> None:
    """Sends torchcaffe's log to the standard error stream, once, from a severity up: 0 INFO to 3 FATAL."""
    if not any(isinstance(known, logging.StreamHandler) and known.stream is sys.stderr for known in logger.handlers):
        handler = LogHandler(sys.stderr)
        handler.setFormatter(GlogFormatter())
        logger.addHandler(handler)
    logger.setLevel(LEVELS[min(max(severity, 0), 3)])
    logger.propagate = False


def log_by_default() -> None:
    """Sends the log to the standard error stream, as glog does unasked, from $GLOG_minloglevel up.

    It does nothing if the program has configured the log itself: by a handler or a level of the logger `torchcaffe`, or
    by a handler of the root logger.
    """
    if not (logger.handlers or logger.level or logging.getLogger().handlers):
        log_to_stderr(severity_of_environment())


def init_log(level: int | None = None, stderr: bool = True) -> None:
    """Shows log lines from a severity up: 0 INFO, 1 WARNING, 2 ERROR, 3 FATAL; by default from $GLOG_minloglevel up.

    They go to stderr, whatever `stderr` says. pycaffe's nets, solvers and `log` do so by default; see `log_by_default`.
    Source: Caffe 1.0, `python/caffe/_caffe.cpp`.
    """
    log_to_stderr(severity_of_environment() if level is None else level)


def log(message: str) -> None:
    """Writes a line of severity INFO."""
    log_by_default()
    logger.info("%s", message)


def severity_of_environment() -> int:
    """The value of $GLOG_minloglevel; 0 if it is no number, as with glog."""
    try:
        return int(os.environ.get(_SEVERITY, ""))
    except ValueError:
        return 0


def sync_log() -> None:
    """Flushes the log's lines so far to the disk, if the log goes to a file."""
    for handler in logger.handlers:
        if isinstance(handler, logging.StreamHandler):
            with contextlib.suppress(OSError, ValueError):
                os.fsync(handler.stream.fileno())


def number(value: float) -> str:
    """A number as C++ streams print it: six significant digits, no trailing zeros."""
    return f"{value:g}"
