"""Where the log lines of one training go, if it has a file of its own or is one of several."""

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
    """Opens the files of -log_file; gives for each training what is to be held while the log's lines are its own.

    These go to its file alone, at the end of which they are added, with the error that ends it. A training of several
    that has no file has its lines marked with its solver's name. Lines that are nobody's own go to stderr and to every
    file. Raises OSError for a file that cannot be opened.
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
