"""One stint of a training: `caffe train` is started, watched, and stopped where it has gone wrong."""

from layerhint.engines.process import Process
from layerhint.errors import LayerhintError
from layerhint.files import make_folder, write_text
from layerhint.records import ids
from layerhint.records.records import remove_record
from layerhint.steps.divergence import DivergedError, why_diverged
from layerhint.steps.resume import Progress
from layerhint.steps.step import Context, StoppedError
from layerhint.steps.stints import Stint
from layerhint.steps.training_files import TrainingFiles
from layerhint.steps.watch import SnapshotClock, end_line, follow, numbers, printed, stop
from layerhint.watching.caffe_log import LogReader, read_log


def run_training(files: TrainingFiles, began: Progress, context: Context) -> LogReader:
    """Trains from where it has `began` to the last iteration; gives what the log tells of all stints.

    Raises:
        DivergedError: it is not worth going on with; what it left is set aside.
        StoppedError: it was stopped, with a snapshot.
        LayerhintError: Caffe failed; the message says why.
    """
    reader, offset = _open_log(files, began, context)
    share = context.member.share if context.member else 1.0
    records, step_id = context.workspace.records, files.training.id
    stint = Stint(records, step_id, lambda: files.progress.iteration, began.iteration, share)
    process = _start(files, began, context)
    diverged = _follow(process, files, offset, reader, stint, context)
    if diverged is not None:
        process.wait()
        _start_over(files, context)
        raise DivergedError(files.training.id, diverged)
    done = reader.done and files.final.is_file()
    if process.returncode and not done:
        why = context.engine.explain(printed(files.log, offset), process.returncode)
        raise LayerhintError(f"{files.training.id}: {why} (log: {files.log})")
    if not done:
        raise StoppedError  # A signal reached the child itself: it has left a snapshot.
    return reader


def _open_log(files: TrainingFiles, began: Progress, context: Context) -> tuple[LogReader, int]:
    """What the log of former stints tells up to where this one begins, and the byte that its lines begin at."""
    log = files.log
    make_folder(files.final.parent)
    if began.snapshot:
        context.display.say(f"  {files.training.id} goes on from {began.snapshot}")
        end_line(log)
    else:
        files.set_aside()  # Such as a final caffemodel whose log was cut short.
        log.unlink(missing_ok=True)
    reader = read_log(log)
    reader.take_note()  # That of a former stint.
    reader.forget_from(began.iteration)
    return reader, log.stat().st_size if log.is_file() else 0


def _start(files: TrainingFiles, began: Progress, context: Context) -> Process:
    starter = context.member or context.engine
    initial = context.workspace.layout.initial_weights(files.training)
    return starter.train(_solver(files, context), initial, began.snapshot, files.log)


def _solver(files: TrainingFiles, context: Context) -> str:
    """The solver's file, or that of a copy which snapshots as often as the command line says."""
    file = context.workspace.layout.solver(files.training)
    text = context.snapshots.solver(context.texts[file]) if context.snapshots else None
    if text is None:
        return file
    copy = files.log.with_suffix(".solver.prototxt")
    write_text(copy, text)
    return copy.as_posix()


def _follow(
    process: Process, files: TrainingFiles, offset: int, reader: LogReader, stint: Stint, context: Context
) -> str | None:
    """Watches it until its process ends; gives the cause if it has diverged, and is being killed."""
    training, since = files.training, stint.since
    clock = SnapshotClock(process, context.snapshots, since)
    title = f"{training.folder.rpartition('/')[2]}/{training.name}"
    with context.display.training(title, since, training.schedule.max_iter) as bar:
        try:
            for _ in follow(process, files.log, offset, reader):
                reached = reader.reached(since)
                bar.update(reached, "  ".join([*numbers(reader), *context.outlook.told(training.id)]))
                clock.look(reached)
                stint.look(len(reader.snapshots))
                if note := reader.take_note():
                    context.display.say(f"  {training.id}: {note}")
                for watcher in context.watchers:
                    watcher.trained(training, reader, since)
                diverged = why_diverged(training, reader)
                if diverged is not None:
                    process.kill()  # With no snapshot: there is nothing to go on from.
                    return diverged
        except KeyboardInterrupt:
            stop(process)
            raise StoppedError from None
        except Exception:
            stop(process)
            raise
        finally:
            stint.note()
    return None


def _start_over(files: TrainingFiles, context: Context) -> None:
    """Leaves a diverged training as if it had never begun; its snapshots and its log are set aside."""
    files.set_aside()
    files.log.replace(files.log.with_suffix(".diverged.log"))
    remove_record(context.workspace.records, ids.started(files.training.id))
