"""Train: one `caffe train`, watched, resumed where it was, and checked when it is done."""

import re
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from layerhint.datasets.manifest import dataset_fingerprint
from layerhint.engines.engine import Engine
from layerhint.errors import LayerhintError
from layerhint.files import make_folder, write_text
from layerhint.records import fingerprint
from layerhint.records.records import read_record, record_path, remove_record, write_record
from layerhint.steps.divergence import DivergedError, why_diverged
from layerhint.steps.frozen import prove_frozen
from layerhint.steps.resume import Progress, find_progress, has_ended, set_aside
from layerhint.steps.solver_text import of_solver
from layerhint.steps.step import Context, Step, StoppedError
from layerhint.steps.stints import Spent, Stint
from layerhint.steps.watch import SnapshotClock, end_line, follow, numbers, printed, stop
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader, read_log, read_test_log


class Train(Step):
    """Runs a training from its initial weights, or from where it was stopped, to its last iteration.

    What a person trained by hand with the line in the solver's header is taken up: a final caffemodel as it
    is, a solverstate to go on from, if they are newer than the initial weights. `kept` is the caffemodel whose
    weights it holds frozen.
    """

    kind = "train"

    def __init__(
        self,
        training: Training,
        needs: tuple[str, ...],
        kept: str | None,
        setting: dict[str, Any],
        data: Path,
    ) -> None:
        super().__init__(training.id, needs)
        self.training = training
        self.kept = kept
        self.setting = setting
        self.data = self.abroad = data

    @property
    def iterations(self) -> int:
        return self.training.schedule.max_iter

    def inputs(self, context: Context) -> dict[str, str]:
        layout = context.workspace.layout
        solver = layout.solver(self.training)
        nets = (layout.train_net(self.training), layout.test_net(self.training))
        initial = layout.initial_weights(self.training)
        return {
            "engine": context.engine.kind,
            "data": dataset_fingerprint(self.data),
            solver: of_solver(context.texts[solver]),
            **{net: fingerprint.of_prototxt(context.texts[net]) for net in nets if net},
            **({initial: fingerprint.of_file(Path(initial))} if initial else {}),
        }

    def outputs(self, context: Context) -> tuple[Path, ...]:
        return (Path(context.workspace.layout.final_weights(self.training)),)

    def execute(self, context: Context) -> dict[str, Any]:
        log = self._log(context)
        reader = read_log(log)
        began = Progress(self.iterations)
        # A final caffemodel without a log of the driver's was trained by hand; one with half a log lacks its last test.
        if not has_ended(*self._snapshots(context)) or (reader.train and not reader.done):
            began = find_progress(*self._snapshots(context))
            reader = self._train(context, began, log)
        spent = Spent.of(read_record(context.workspace.records, self.started_id))
        by_driver = bool(reader.train)
        return {
            "training": identity(self.training),
            **self.setting,
            "engine": context.engine.describe() if by_driver else {"name": "by hand"},
            **_machine(reader, context.engine),
            "made_by": "driver" if by_driver else "hand",
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(spent.seconds, 3),
            "iterations_run": spent.iterations,
            "iterations_per_second": spent.rate,
            "lockstep": {"with": context.member.others, "share": context.member.share} if context.member else None,
            "resumed_from": began.snapshot,
            "curves": _curves(reader),
            "final": self._final(context, reader),
            "frozen": self._proof(context),
        }

    # Where to begin.

    def begin(self, context: Context, inputs: dict[str, str]) -> None:
        """Sets aside the files of a training with other inputs, and notes what this one is made from."""
        started = read_record(context.workspace.records, self.started_id)
        last = started or read_record(context.workspace.records, self.id)
        if last is not None and last["inputs"] != inputs:
            for path in set_aside(self._snapshots(context)[0]):
                context.display.say(f"  set aside, made from other inputs: {path}")
            self._log(context).unlink(missing_ok=True)
            started = None
        elif started is None and self._was_replaced(context):
            self._log(context).unlink(missing_ok=True)  # It tells of another caffemodel than the one that is there.
        content = {"kind": "started", "inputs": inputs, **asdict(Spent.of(started))}
        write_record(context.workspace.records, self.started_id, content)

    def _was_replaced(self, context: Context) -> bool:
        """Whether the final caffemodel is not the one that the step's record tells of: trained anew, by hand."""
        record = read_record(context.workspace.records, self.id)
        found = {str(path): fingerprint.of_file(path) for path in self.outputs(context)}
        return record is not None and fingerprint.MISSING not in found.values() and record["outputs"] != found

    def _snapshots(self, context: Context) -> tuple[Path, int, Path | None]:
        """Where the snapshots are, up to which iteration, and what they must not be older than."""
        layout = context.workspace.layout
        initial = layout.initial_weights(self.training)
        return Path(layout.snapshot_prefix(self.training)), self.iterations, Path(initial) if initial else None

    def luggage(self, context: Context) -> tuple[Path, ...]:
        """What it starts or goes on from: its last snapshot, or its end, if that only has to be looked at."""
        self.begin(context, self.inputs(context))
        snapshots = self._snapshots(context)
        progress, ended = find_progress(*snapshots), has_ended(*snapshots)
        files = [snapshots[2], Path(self.kept) if self.kept else None]
        files.append(record_path(context.workspace.records, self.started_id))
        if progress.snapshot:
            state = Path(progress.snapshot)
            files += [state.with_suffix(".caffemodel"), state]
        if ended:
            files.append(Path(context.workspace.layout.final_weights(self.training)))
        if progress.snapshot or ended:
            files.append(self._log(context))
        return tuple(path for path in files if path is not None)

    def set_aside(self, context: Context) -> None:
        """Moves all its snapshots out of the way."""
        set_aside(self._snapshots(context)[0])

    def progress(self, context: Context) -> Progress:
        """The furthest snapshot that it can go on from."""
        return find_progress(*self._snapshots(context))

    def _reached(self, context: Context) -> int:
        return self.progress(context).iteration

    def _log(self, context: Context) -> Path:
        return context.workspace.logs / f"{self.id}.log"

    # Training.

    def _train(self, context: Context, began: Progress, log: Path) -> LogReader:
        layout = context.workspace.layout
        make_folder(Path(layout.final_weights(self.training)).parent)
        if began.snapshot:
            context.display.say(f"  {self.id} goes on from {began.snapshot}")
            end_line(log)
        else:
            self.set_aside(context)  # Such as a final caffemodel whose log was cut short.
            log.unlink(missing_ok=True)
        reader = read_log(log)
        reader.take_note()  # That of a former stint.
        reader.forget_from(began.iteration)
        offset = log.stat().st_size if log.is_file() else 0
        initial = layout.initial_weights(self.training)
        reach = partial(self._reached, context)
        share = context.member.share if context.member else 1.0
        starter = context.member or context.engine
        stint = Stint(context.workspace.records, self.started_id, reach, began.iteration, share)
        process = starter.train(self._solver(context), initial, began.snapshot, log)
        clock = SnapshotClock(process, context.snapshots, began.iteration)
        title = f"{self.training.folder.rpartition('/')[2]}/{self.training.name}"
        diverged = None
        with context.display.training(title, began.iteration, self.iterations) as bar:
            try:
                for _ in follow(process, log, offset, reader):
                    reached = reader.reached(began.iteration)
                    bar.update(reached, "  ".join([*numbers(reader), *context.outlook.told(self.id)]))
                    clock.look(reached)
                    stint.look(len(reader.snapshots))
                    if note := reader.take_note():
                        context.display.say(f"  {self.id}: {note}")
                    for watcher in context.watchers:
                        watcher.trained(self.training, reader, began.iteration)
                    diverged = why_diverged(self.training, reader)
                    if diverged is not None:
                        process.kill()  # With no snapshot: there is nothing to go on from.
                        break
            except KeyboardInterrupt:
                stop(process)
                raise StoppedError from None
            except Exception:
                stop(process)
                raise
            finally:
                stint.note()
        if diverged is not None:
            process.wait()
            self._start_over(context, log)
            raise DivergedError(self.id, diverged)
        done = reader.done and Path(layout.final_weights(self.training)).is_file()
        if process.returncode and not done:
            why = context.engine.explain(printed(log, offset), process.returncode)
            raise LayerhintError(f"{self.id}: {why} (log: {log})")
        if not done:
            raise StoppedError  # A signal reached the child itself: it has left a snapshot.
        return reader

    def _start_over(self, context: Context, log: Path) -> None:
        """Leaves a diverged training as if it had never begun; its snapshots and its log are set aside."""
        self.set_aside(context)
        log.replace(log.with_suffix(".diverged.log"))
        remove_record(context.workspace.records, self.started_id)

    def _solver(self, context: Context) -> str:
        """The solver's file, or that of a copy which snapshots as often as the command line says."""
        file = context.workspace.layout.solver(self.training)
        text = context.snapshots.solver(context.texts[file]) if context.snapshots else None
        if text is None:
            return file
        copy = self._log(context).with_suffix(".solver.prototxt")
        write_text(copy, text)
        return copy.as_posix()

    # What the record says.

    def _final(self, context: Context, reader: LogReader) -> dict[str, float] | None:
        """The final model's test outputs: from the log, or measured now if it holds no test of it."""
        net = context.workspace.layout.test_net(self.training)
        if net is None or self.training.schedule.test_iter is None:
            return None
        last = reader.test.get(self.iterations)
        if last is not None and last.outputs:
            return last.outputs
        weights = context.workspace.layout.final_weights(self.training)
        return read_test_log(context.engine.test(net, weights, self.training.schedule.test_iter))

    def _proof(self, context: Context) -> dict[str, Any]:
        if self.training.frozen is None or self.kept is None:
            return {"teacher": None}
        layout = context.workspace.layout
        return prove_frozen(
            Path(layout.final_weights(self.training)),
            Path(self.kept),
            self.training.frozen,
        )


def identity(training: Training) -> dict[str, Any]:
    """What a record says of which training it is of."""
    return {
        "dataset": training.dataset,
        "method": training.method,
        "stage": training.stage,
        "net": training.student,
        "name": training.name,
        "folder": training.folder,
        "title": training.title,
        "max_iter": training.schedule.max_iter,
        "seed": training.seed,
        "init_seed": training.init.seed if training.init else None,
        "batch_size": training.batch_size,
    }


def _curves(reader: LogReader) -> dict[str, Any]:
    return {
        "train": [
            {"iteration": p.iteration, "loss": p.loss, "outputs": p.outputs, "lr": p.lr} for p in reader.train_points()
        ],
        "test": [{"iteration": p.iteration, "outputs": p.outputs} for p in reader.finished_tests()],
    }


_ENGINE_LINE = re.compile(r"\(PyTorch [^,]+, (?P<device>.+), (?P<precision>[a-z]+\d+), (?P<threads>\d+) threads?\)")


def _machine(reader: LogReader, engine: Engine) -> dict[str, Any]:
    """Device, precision and threads, as torchcaffe's first log line states them; a real Caffe is float32, and on the
    CPU where its solvers say so."""
    found = _ENGINE_LINE.search(reader.engine_line or "")
    if found is None:
        on_cpu = reader.train and engine.solver_mode == "CPU"
        return {"device": "cpu" if on_cpu else None, "precision": "float32", "threads": None}
    return {"device": found["device"], "precision": found["precision"], "threads": int(found["threads"])}
