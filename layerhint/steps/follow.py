"""Follows trainings while their process runs."""

import signal
import subprocess
import time
from collections.abc import Sequence

from layerhint.steps.divergence import DivergedError
from layerhint.steps.running_training import RunningTraining
from layerhint.steps.step import Context, StoppedError
from layerhint.steps.watch import SnapshotClock

POLL_SECONDS = 0.2


def follow(process: subprocess.Popen[bytes], trainings: Sequence[RunningTraining], context: Context) -> bool:
    """Looks at trainings until their common process has ended. On a terminal, the first one has a bar.

    If one training fails, the process is asked to stop with snapshots, from which the others can go on. If all have
    diverged, no snapshot is wanted, and the process is killed.

    Returns:
        Whether the process was stopped because of a failure.

    Raises:
        StoppedError: on Ctrl-C, when the process has stopped with snapshots; a second Ctrl-C kills it.
    """
    first = trainings[0]
    clock = SnapshotClock(process, context.snapshots, first.reached)
    stopping = False
    try:
        with context.display.training(first.title, first.reached, first.training.schedule.max_iter) as bar:
            while True:
                ended = process.poll() is not None
                for training in trainings:
                    training.look()
                bar.update(first.reached, first.numbers)
                if ended:
                    return stopping
                failures = [training.failure for training in trainings if training.failure is not None]
                if failures and not stopping:
                    process.send_signal(_signal_to_stop(failures, trainings))
                    stopping = True
                elif not failures:
                    clock.look(first.reached)
                time.sleep(POLL_SECONDS)
    except BaseException as error:
        if not stopping:
            process.send_signal(signal.SIGINT)
        _wait(process)
        if isinstance(error, KeyboardInterrupt):
            _tell_failures(trainings, context)
            raise StoppedError from None
        raise
    finally:
        for training in trainings:
            training.ended(process.returncode)


def _signal_to_stop(failures: Sequence[Exception], trainings: Sequence[RunningTraining]) -> signal.Signals:
    all_diverged = len(failures) == len(trainings) and all(isinstance(error, DivergedError) for error in failures)
    return signal.SIGKILL if all_diverged else signal.SIGINT


def _tell_failures(trainings: Sequence[RunningTraining], context: Context) -> None:
    """Shows why trainings have failed, which a run that ends by Ctrl-C does not raise."""
    for training in trainings:
        failure = training.failure
        if failure is not None:
            why = failure.cause if isinstance(failure, DivergedError) else failure
            context.display.say(f"  {training.training.id}: {why}")


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Waits until a process that was asked to stop has ended; Ctrl-C kills it."""
    try:
        process.wait()
    except KeyboardInterrupt:
        process.kill()
        process.wait()
