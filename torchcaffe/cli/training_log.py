"""Sends the log lines of a training to a file of its own, or marks them as those of one of several."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path

from torchcaffe.cli.flags import TrainingFlags
from torchcaffe.errors import CaffeError
from torchcaffe.glog import GlogFormatter, LogHandler, logger

Turn = Callable[[], AbstractContextManager[None]]


@contextmanager
def training_logs(trainings: Sequence[TrainingFlags]) -> Iterator[list[Turn]]:
    """Opens the files of -log_file; gives a context for each training, to be entered while it logs.

    Inside, log lines are appended to the training's file alone, and so is an error that ends it. If it has no file, and
    is one of several, its lines are marked with its solver's name. Lines from outside of all contexts go to stderr and
    to every file. Raises OSError for a file that cannot be opened.
    """
    with ExitStack() as stack:
        before = list(logger.handlers)
        stack.callback(setattr, logger, "handlers", before)
        turns: list[Turn] = []
        for training in trainings:
            if training.log_file:
                handler = LogHandler(stack.enter_context(Path(training.log_file).open("a", encoding="utf-8")))
                handler.setFormatter(GlogFormatter())
                logger.addHandler(handler)
                turns.append(partial(_only_to, handler))
            else:
                turns.append(partial(_marked, training.solver) if len(trainings) > 1 else nullcontext)
        yield turns


@contextmanager
def _only_to(handler: LogHandler) -> Iterator[None]:
    before, logger.handlers = logger.handlers, [handler]
    try:
        yield
    except CaffeError as error:
        with contextlib.suppress(OSError):
            handler.stream.write(f"error: {error}\n")
            handler.flush()
        raise
    finally:
        logger.handlers = before


@contextmanager
def _marked(name: str) -> Iterator[None]:
    def mark(record: logging.LogRecord) -> bool:
        record.msg, record.args = f"{name}: {record.getMessage()}", None
        return True

    logger.addFilter(mark)
    try:
        yield
    finally:
        logger.removeFilter(mark)
