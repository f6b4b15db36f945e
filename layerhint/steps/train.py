"""Train: one `caffe train`, watched, resumed where it was, and checked when it is done."""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from layerhint.datasets.manifest import dataset_fingerprint
from layerhint.engines.engine import FLOAT32, Engine
from layerhint.errors import LayerhintError
from layerhint.files import make_folder, write_text
from layerhint.records import fingerprint, ids
from layerhint.records.curves import Curves, TestPoint, TrainPoint
from layerhint.records.frozen_proof import NOTHING_FROZEN, FrozenProof
from layerhint.records.notes import Started
from layerhint.records.records import read_finished, read_started, record_path, remove_record, write_started
from layerhint.records.training import BY_HAND, Lockstep, Setting, TrainingIdentity, TrainResult
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

    kind = TrainResult.kind

    def __init__(
        self,
        training: Training,
        needs: tuple[str, ...],
        kept: str | None,
        setting: Setting,
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

    def execute(self, context: Context) -> TrainResult:
        log = self._log(context)
        reader = read_log(log)
        began = Progress(self.iterations)
        # A final caffemodel without a log of the driver's was trained by hand; one with half a log lacks its last test.
        if not has_ended(*self._snapshots(context)) or (reader.train and not reader.done):
            began = find_progress(*self._snapshots(context))
            reader = self._train(context, began, log)
        spent, by_driver, on = self._spent(context), bool(reader.train), _computed(reader, context.engine)
        member = context.member
        return TrainResult(
            training=identity(self.training),
            profile=self.setting.profile,
            scale=self.setting.scale,
            overrides=self.setting.overrides,
            data=self.setting.data,
            engine=context.engine.describe() if by_driver else BY_HAND,
            device=on.device,
            precision=on.precision,
            threads=on.threads,
            made_by="driver" if by_driver else "hand",
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            iterations_run=spent.iterations,
            iterations_per_second=spent.rate,
            lockstep=Lockstep(others=member.others, share=member.share) if member else None,
            resumed_from=began.snapshot,
            curves=_curves(reader),
            final=self._final(context, reader),
            frozen=self._proof(context),
        )

    def seconds(self, context: Context, elapsed: float) -> float:
        return self._spent(context).seconds

    def _spent(self, context: Context) -> Spent:
        return Spent.of(read_started(context.workspace.records, self.id))

    # Where to begin.

    def begin(self, context: Context, inputs: dict[str, str]) -> None:
        """Sets aside the files of a training with other inputs, and notes what this one is made from."""
        started = read_started(context.workspace.records, self.id)
        last = started or read_finished(context.workspace.records, self.id)
        if last is not None and last.inputs != inputs:
            for path in set_aside(self._snapshots(context)[0]):
                context.display.say(f"  set aside, made from other inputs: {path}")
            self._log(context).unlink(missing_ok=True)
            started = None
        elif started is None and self._was_replaced(context):
            self._log(context).unlink(missing_ok=True)  # It tells of another caffemodel than the one that is there.
        write_started(context.workspace.records, self.id, Started(inputs=inputs, **asdict(Spent.of(started))))

    def _was_replaced(self, context: Context) -> bool:
        """Whether the final caffemodel is not the one that the step's record tells of: trained anew, by hand."""
        record = read_finished(context.workspace.records, self.id)
        found = {str(path): fingerprint.of_file(path) for path in self.outputs(context)}
        return record is not None and fingerprint.MISSING not in found.values() and record.outputs != found

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
        files.append(record_path(context.workspace.records, ids.started(self.id)))
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
        stint = Stint(context.workspace.records, self.id, reach, began.iteration, share)
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
        remove_record(context.workspace.records, ids.started(self.id))

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

    def _proof(self, context: Context) -> FrozenProof:
        if self.training.frozen is None or self.kept is None:
            return NOTHING_FROZEN
        layout = context.workspace.layout
        return prove_frozen(
            Path(layout.final_weights(self.training)),
            Path(self.kept),
            self.training.frozen,
        )


def identity(training: Training) -> TrainingIdentity:
    """Which training it is."""
    return TrainingIdentity(
        dataset=training.dataset,
        method=training.method,
        stage=training.stage,
        net=training.student,
        name=training.name,
        folder=training.folder,
        title=training.title,
        max_iter=training.schedule.max_iter,
        seed=training.seed,
        init_seed=training.init.seed if training.init else None,
        batch_size=training.batch_size,
    )


def _curves(reader: LogReader) -> Curves:
    """What its log tells."""
    return Curves(
        train=tuple(
            TrainPoint(iteration=p.iteration, loss=p.loss, outputs=p.outputs, lr=p.lr) for p in reader.train_points()
        ),
        test=tuple(TestPoint(iteration=p.iteration, outputs=p.outputs) for p in reader.finished_tests()),
    )


_ENGINE_LINE = re.compile(r"\(PyTorch [^,]+, (?P<device>.+), (?P<precision>[a-z]+\d+), (?P<threads>\d+) threads?\)")


@dataclass(frozen=True)
class _Computed:
    """What a training was computed on and in; what cannot be told is None."""

    device: str | None
    precision: str
    threads: int | None


def _computed(reader: LogReader, engine: Engine) -> _Computed:
    """Device, precision and threads, as torchcaffe's first log line states them; a real Caffe is float32, and on the
    CPU where its solvers say so."""
    found = _ENGINE_LINE.search(reader.engine_line or "")
    if found is None:
        on_cpu = reader.train and engine.solver_mode == "CPU"
        return _Computed("cpu" if on_cpu else None, FLOAT32, None)
    return _Computed(found["device"], found["precision"], int(found["threads"]))
