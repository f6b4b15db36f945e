"""A training that runs: how it starts, what its log says, and how it has ended."""

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
    """One stint of a training. The owner of its process calls `start`, then `look` again and again while the process
    runs, then `ended`, then `conclude`.

    In lockstep, several trainings have one process. If one of them fails, the process is stopped, and the others
    `start` again in another process.

    `began` is where the stint goes on from; `reader` has read the log of all stints; `failure` says why the training
    must not go on: it has diverged, or `look` failed. `share` is the training's part of the time that passes.
    """

    def __init__(self, files: TrainingFiles, context: Context, share: float) -> None:
        self.training = files.training
        self.files = files
        self.began = files.progress
        self.failure: Exception | None = None
        self._status: int | None = None
        self._context = context
        self._offset = 0  # Where the lines of the latest process begin in the log.
        self._new_lines: Iterator[list[str]] = iter(())
        self.reader = self._read_former_log()
        records, since = context.workspace.records, self.began.iteration
        self._stint = Stint(records, self.training.id, lambda: files.progress.iteration, since, share)

    @property
    def title(self) -> str:
        return f"{self.training.folder.rpartition('/')[2]}/{self.training.name}"

    @property
    def reached(self) -> int:
        """The furthest iteration in the log."""
        return self.reader.reached(self.began.iteration)

    @property
    def numbers(self) -> str:
        """The last loss and accuracy, the speed and the time left, in words."""
        return "  ".join([*numbers(self.reader), *self._context.outlook.told(self.training.id)])

    def start(self) -> Start:
        """Prepares the log and the solver for a new process, which is to start from the furthest snapshot."""
        log = self.files.log
        make_folder(log.parent)
        end_line(log)
        self._offset = log.stat().st_size
        self._new_lines = new_lines(log, self._offset)
        initial = self._context.workspace.layout.initial_weights(self.training)
        return Start(self._solver(), initial, self.files.progress.snapshot, log)

    def look(self) -> None:
        """Reads what is new in the log, unless the training has failed."""
        if self.failure is None:
            try:
                self._look()
            except Exception as error:
                self.failure = error

    def ended(self, status: int | None) -> None:
        """Notes the exit status of the process, how far the stint has come, and in how much time.

        What fails here is the training's `failure`, if it has none yet.
        """
        self._status = status
        try:
            self._stint.note()
        except Exception as error:
            self.failure = self.failure or error

    def printed(self) -> list[str]:
        """The lines of the log that the latest process has written."""
        return printed(self.files.log, self._offset)

    def conclude(self) -> None:
        """Checks that the training is done.

        Raises:
            DivergedError: it has diverged; its files are set aside.
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
        raise StoppedError  # A signal reached the process itself, which has left a snapshot.

    def _read_former_log(self) -> LogReader:
        """Reads the log of former stints, up to the iteration at which this one begins."""
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
        """The solver's path, or that of a copy which snapshots as often as the command line says."""
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
        """Sets snapshots and log aside, as if the training had never begun, and notes the cause."""
        records, files = self._context.workspace.records, self.files
        files.set_aside()
        files.log.replace(files.diverged_log)
        write_failed(records, self.training.id, Failed(cause=cause, inputs=self._stint.inputs))
        remove_record(records, ids.started(self.training.id))
