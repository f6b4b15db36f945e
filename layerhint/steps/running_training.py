"""A training that runs: how it starts, what its log tells, and what has come of it when its process has ended."""

from collections.abc import Iterator

from layerhint.engines.engine import Start
from layerhint.errors import LayerhintError
from layerhint.files import make_folder, write_text
from layerhint.records import ids
from layerhint.records.notes import Failed
from layerhint.records.records import remove_record, write_failed
from layerhint.steps.divergence import DivergedError, why_diverged
from layerhint.steps.step import Context, StoppedError
from layerhint.steps.stints import Stint
from layerhint.steps.training_files import TrainingFiles
from layerhint.steps.watch import end_line, new_lines, numbers, printed
from layerhint.watching.caffe_log import LogReader, read_log


class RunningTraining:
    """One stint of a training. Who runs its process calls `start`, `look` while the process runs, `ended`, `conclude`.

    In lockstep several trainings have one process. If it has to be stopped because one training fails, the others
    `start` again, in another process.

    `began` is what the stint goes on from; `reader` has what the log tells of all stints; `failure` says why the
    training must not go on: it has diverged, or `look` failed. `share` is the training's part of the time that passes.
    """

    def __init__(self, files: TrainingFiles, context: Context, share: float) -> None:
        self.training = files.training
        self.files = files
        self.began = files.progress
        self.failure: Exception | None = None
        self._status: int | None = None
        self._context = context
        self._offset = 0  # Where in the log the process that was started last begins.
        self._new_lines: Iterator[list[str]] = iter(())
        self.reader = self._read_former_log()
        records, since = context.workspace.records, self.began.iteration
        self._stint = Stint(records, self.training.id, lambda: files.progress.iteration, since, share)

    @property
    def title(self) -> str:
        return f"{self.training.folder.rpartition('/')[2]}/{self.training.name}"

    @property
    def reached(self) -> int:
        """The iteration that the log has shown."""
        return self.reader.reached(self.began.iteration)

    @property
    def numbers(self) -> str:
        """The last loss and accuracy, the speed and the time left, in words."""
        return "  ".join([*numbers(self.reader), *self._context.outlook.told(self.training.id)])

    def start(self) -> Start:
        """How a process starts it: from its furthest snapshot, or from its initial weights."""
        log = self.files.log
        make_folder(log.parent)
        end_line(log)
        self._offset = log.stat().st_size
        self._new_lines = new_lines(log, self._offset)
        initial = self._context.workspace.layout.initial_weights(self.training)
        return Start(self._solver(), initial, self.files.progress.snapshot, log)

    def look(self) -> None:
        """Takes in what is new in the log, unless the training has failed."""
        if self.failure is None:
            try:
                self._look()
            except Exception as error:
                self.failure = error

    def ended(self, status: int | None) -> None:
        """Takes the exit status of the process; notes how far the stint has come, and in how much time."""
        self._status = status
        self._stint.note()

    def printed(self) -> list[str]:
        """The lines that the process which was started last has written to the log."""
        return printed(self.files.log, self._offset)

    def conclude(self) -> None:
        """Returns if the training has come to its end.

        Raises:
            DivergedError: it is not worth going on with; what it left is set aside.
            StoppedError: it was stopped, with a snapshot.
            LayerhintError: Caffe failed; the message says why.
            Exception: the `failure` of looking at it.
        """
        if isinstance(self.failure, DivergedError):
            self._start_over(self.failure.cause)
        if self.failure is not None:
            raise self.failure
        if self.reader.done and self.files.final.is_file():
            return
        if self._status:
            why = self._context.engine.explain(self.printed(), self._status)
            raise LayerhintError(f"{self.training.id}: {why} (log: {self.files.log})")
        raise StoppedError  # A signal reached the child itself: it has left a snapshot.

    def _read_former_log(self) -> LogReader:
        """What the log of former stints tells up to where this one begins."""
        files = self.files
        make_folder(files.final.parent)
        if self.began.snapshot:
            self._context.display.say(f"  {self.training.id} goes on from {self.began.snapshot}")
        else:
            files.set_aside()  # Such as a final caffemodel whose log was cut short.
            files.log.unlink(missing_ok=True)
        reader = read_log(files.log)
        reader.take_note()  # That of a former stint.
        reader.forget_from(self.began.iteration)
        return reader

    def _solver(self) -> str:
        """The solver's file, or that of a copy which snapshots as often as the command line says."""
        context, files = self._context, self.files
        file = context.workspace.layout.solver(self.training)
        text = context.snapshots.solver(context.texts[file]) if context.snapshots else None
        if text is None:
            return file
        write_text(files.own_solver, text)
        return files.own_solver.as_posix()

    def _look(self) -> None:
        training, reader = self.training, self.reader
        for line in next(self._new_lines):
            reader.feed(line)
        self._stint.look(len(reader.snapshots))
        if note := reader.take_note():
            self._context.display.say(f"  {training.id}: {note}")
        for watcher in self._context.watchers:
            watcher.trained(training, reader, self.began.iteration)
        cause = why_diverged(training, reader)
        if cause is not None:
            self.failure = DivergedError(training.id, cause)

    def _start_over(self, cause: str) -> None:
        """Leaves the training as if it had never begun; its snapshots and its log are set aside, the cause is noted."""
        records, files = self._context.workspace.records, self.files
        files.set_aside()
        files.log.replace(files.diverged_log)
        write_failed(records, self.training.id, Failed(cause=cause, inputs=self._stint.inputs))
        remove_record(records, ids.started(self.training.id))
