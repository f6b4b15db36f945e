"""Train: one `caffe train`, watched, resumed where it was, and checked when it is done."""

from datetime import UTC, datetime
from pathlib import Path

from layerhint.datasets.manifest import dataset_fingerprint
from layerhint.records import fingerprint
from layerhint.records.records import read_started
from layerhint.records.training import BY_HAND, NOTHING_FROZEN, FrozenProof, Lockstep, Setting, TrainResult
from layerhint.steps.begin_training import begin_training
from layerhint.steps.follow import follow
from layerhint.steps.frozen import prove_frozen
from layerhint.steps.running_training import RunningTraining
from layerhint.steps.send_training import files_to_send
from layerhint.steps.sendable_step import SendableStep
from layerhint.steps.solver_text import of_solver
from layerhint.steps.step import Context
from layerhint.steps.stints import Spent
from layerhint.steps.training_files import TrainingFiles
from layerhint.steps.training_result import computed, final_outputs, identity
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import read_log


class Train(SendableStep):
    """Runs a training from its initial weights, or from where it was stopped, to its last iteration.

    It takes up what a person has trained by hand with the command in the solver's header, if that is newer than the
    initial weights: a final caffemodel as it is, a solverstate to go on from. `kept` is the caffemodel whose weights it
    holds frozen.
    """

    kind = TrainResult.kind

    def __init__(
        self, training: Training, needs: tuple[str, ...], kept: str | None, setting: Setting, data: Path
    ) -> None:
        super().__init__(training.id, needs, data)
        self.training = training
        self.kept = kept
        self.setting = setting

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
        return (self.files(context).final,)

    def files(self, context: Context) -> TrainingFiles:
        """Its files in the run."""
        return TrainingFiles(self.training, context.workspace)

    def begin(self, context: Context, inputs: dict[str, str]) -> None:
        begin_training(self.files(context), inputs, context)

    def execute(self, context: Context) -> TrainResult:
        running = self.to_run(context)
        if running is not None:
            follow(context.engine.train(running.start()), [running], context)
            running.conclude()
        return self.result(running, context)

    def to_run(self, context: Context, share: float = 1.0) -> RunningTraining | None:
        """The stint that is still to be trained, or None if the training has ended.

        `share` is the training's part of the time that passes.
        """
        files = self.files(context)
        reader = read_log(files.log)
        # Without a log by the driver, a final caffemodel was trained by hand; with half a log, it lacks its last test.
        ended = files.has_ended and (reader.done or not reader.train)
        return None if ended else RunningTraining(files, context, share)

    def result(self, ran: RunningTraining | None, context: Context, lockstep: Lockstep | None = None) -> TrainResult:
        """What the record says of the training, now that it has ended: in the stint that `ran`, if one did."""
        files = self.files(context)
        reader = ran.reader if ran else read_log(files.log)
        spent, by_driver, on = self._spent(context), bool(reader.train), computed(reader, context.engine)
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
            lockstep=lockstep,
            resumed_from=ran.began.snapshot if ran else None,
            curves=reader.curves(),
            final=final_outputs(self.training, reader, context),
            frozen=self._proof(files),
        )

    def seconds(self, context: Context, elapsed: float) -> float:
        return self._spent(context).seconds

    def files_to_send(self, context: Context) -> tuple[Path, ...]:
        self.begin(context, self.inputs(context))
        return files_to_send(self.files(context), self.kept)

    def _spent(self, context: Context) -> Spent:
        return Spent.of(read_started(context.workspace.records, self.id))

    def _proof(self, files: TrainingFiles) -> FrozenProof:
        if self.training.frozen is None or self.kept is None:
            return NOTHING_FROZEN
        return prove_frozen(files.final, Path(self.kept), self.training.frozen)
