"""Sends the command's log to stderr and, if -log_dir names a folder, to a file there, as glog does."""

import getpass
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from torchcaffe.cli.flags import Flags, UsageError
from torchcaffe.glog import LEVELS, GlogFormatter, log_to_stderr, logger


@contextmanager
def log_as_told(flags: Flags) -> Iterator[None]:
    """Logs from -minloglevel up, to stderr, and into -log_dir if it is given.

    The file is `caffe.<host>.<user>.log.INFO.<date>-<time>.<process>`, and `caffe.INFO` links to the latest. An error
    that ends the command is its last line.

    Raises:
        UsageError: there is no such level, or -log_dir is no folder.
    """
    if not 0 <= flags.minloglevel < len(LEVELS):
        raise UsageError(f"-minloglevel is {flags.minloglevel}: it must be 0 (all) to {len(LEVELS) - 1} (failures)")
    file = _file(Path(flags.log_dir)) if flags.log_dir else logging.NullHandler()
    handlers, level, propagate = list(logger.handlers), logger.level, logger.propagate
    log_to_stderr(flags.minloglevel)
    logger.addHandler(file)
    try:
        yield
    except Exception as error:
        file.handle(logger.makeRecord(logger.name, logging.CRITICAL, "command.py", 0, str(error), (), None))
        raise
    finally:
        file.close()
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def _file(folder: Path) -> logging.Handler:
    if not folder.is_dir():
        raise UsageError(f"-log_dir {folder}: there is no such folder; create it first")
    now, host = datetime.now(), socket.gethostname()
    path = folder / f"caffe.{host}.{getpass.getuser()}.log.INFO.{now:%Y%m%d-%H%M%S}.{os.getpid()}"
    path.write_text(
        f"Log file created at: {now:%Y/%m/%d %H:%M:%S}\nRunning on machine: {host}\n"
        "Log line format: [IWEF]mmdd hh:mm:ss.uuuuuu threadid file:line] msg\n",
        encoding="utf-8",
    )
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(GlogFormatter())
    link = folder / "caffe.INFO"
    link.unlink(missing_ok=True)
    link.symlink_to(path.name)
    return handler
