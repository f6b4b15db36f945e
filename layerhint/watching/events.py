"""TensorBoard's event files of a run's trainings: the points of their logs, as scalars."""

import shutil
import time
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.files import naming
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader
from layerhint.watching.watcher import Watcher


class EventFiles(Watcher):
    """Writes `<folder>/<training>/events.out.tfevents...`: `train/loss` (which the solver has smoothed),
    `train/output/<output>`, `lr` and `test/<output>`.

    A training has one file; when the training continues, the file is begun anew, from the whole log.
    Raises LayerhintError where tensorboard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import tensorboard.summary.writer.event_file_writer  # noqa: F401
        except ImportError:
            raise LayerhintError(
                "--tensorboard needs the package tensorboard: install it with `pip install -e '.[tensorboard]'`"
            ) from None
        self._folder = folder
        self._open: dict[str, _EventFile] = {}

    def trained(self, training: Training, reader: LogReader, since: int) -> None:
        if training.id not in self._open:
            self._open[training.id] = _EventFile(self._folder / training.id, reader)
        self._open[training.id].write(reader)

    def ended(self, step_id: str, state: str, note: str) -> None:
        if step_id in self._open:
            self._open.pop(step_id).close()


class _EventFile:
    """The event file of one stint of a training, and what is in it already."""

    def __init__(self, folder: Path, reader: LogReader) -> None:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        shutil.rmtree(folder, ignore_errors=True)
        with naming(folder):
            self._writer = EventFileWriter(str(folder))
        self._folder = folder
        self._written: set[tuple[str, int]] = set()
        self._reader = reader

    def write(self, reader: LogReader) -> None:
        self._reader = reader
        with naming(self._folder):
            self._add(reader)

    def _add(self, reader: LogReader) -> None:
        new = {key: value for key, value in _scalars(reader).items() if key not in self._written}
        for (tag, iteration), value in new.items():
            self._writer.add_event(_event(tag, iteration, value))
        self._written |= new.keys()
        if new:
            self._writer.flush()

    def close(self) -> None:
        self.write(self._reader)
        with naming(self._folder):
            self._writer.close()


def _scalars(reader: LogReader) -> dict[tuple[str, int], float]:
    """Every number of a log by its name and its iteration."""
    found: dict[tuple[str, int], float] = {}
    for point in reader.train_points():
        found[("train/loss", point.iteration)] = point.loss
        if point.lr is not None:
            found[("lr", point.iteration)] = point.lr
        found |= {(f"train/output/{name}", point.iteration): value for name, value in point.outputs.items()}
    for test in reader.finished_tests():
        found |= {(f"test/{name}", test.iteration): value for name, value in test.outputs.items()}
    return found


def _event(tag: str, iteration: int, value: float) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
    return Event(wall_time=time.time(), step=iteration, summary=summary)
