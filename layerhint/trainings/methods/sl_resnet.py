"""SL-ResNet (Section 3.3, Figure 6): supervised layer-wise pretraining, module by module, then fine-tuning."""

from dataclasses import replace

from layerhint.errors import LayerhintError
from layerhint.experiments.methods import METHOD_TITLES
from layerhint.experiments.protocol import SlResnet
from layerhint.trainings.methods.built_experiment import BuiltExperiment
from layerhint.trainings.methods.kd import kd_trainings
from layerhint.trainings.methods.stage2 import stage2_trainings
from layerhint.trainings.schedule import step_schedule
from layerhint.trainings.trainings import Start, Surgery, Training, WeightSource

HEAD = "fc"


def sl_resnet_trainings(built: BuiltExperiment, with_kd: bool) -> list[Training]:
    """Stage 1, which the method shares with and without KD, and Stage 2's nets.

    Raises LayerhintError where the data set's protocol does not say how long Stage 1 runs.
    """
    numbers = _numbers(built)
    stage1 = _stage1(built, numbers)
    start = _start_of_stage2(built, stage1[-1])
    if with_kd:
        return [*stage1, *kd_trainings(built, "sl-resnet-kd", start, built.experiment.protocol.lambda_of_sl_resnet)]
    return [*stage1, *_fine_tunings(built, start)]


def _numbers(built: BuiltExperiment) -> SlResnet:
    numbers = built.experiment.protocol.sl_resnet
    if numbers is None:
        raise LayerhintError(
            f"{built.experiment.file}: method sl-resnet: {built.experiment.protocol.title}'s protocol has no "
            "sl_resnet; give it under `numbers:`"
        )
    return numbers


def _title(built: BuiltExperiment) -> str:
    return f"{built.experiment.protocol.title}, {built.student.label}: {METHOD_TITLES['sl-resnet']}"


def _stage1(built: BuiltExperiment, numbers: SlResnet) -> list[Training]:
    """Step k trains the stem and the first k residual modules, with a pool and an FC of their own on top."""
    trainings: list[Training] = []
    for number in range(1, len(built.student.modules) + 1):
        trainings.append(_step(built, numbers, number, trainings[-1] if trainings else None))
    return trainings


def _step(built: BuiltExperiment, numbers: SlResnet, number: int, before: Training | None) -> Training:
    protocol, switches = built.experiment.protocol, built.experiment.switches
    net = replace(built.student, kept_modules=number)
    top = net.modules[-1].name
    title = f"{_title(built)}, Stage 1, up to {top}"
    file = built.train_net(f"s{number}_train.prototxt", "plain_train", title, net, built.student_batch_size)
    init: Surgery | None = None
    frozen: WeightSource | None = None
    if before is not None:
        trained = before.train.net.modules[-1].name
        old = WeightSource(before.id, "", net.parts_up_to(trained))
        init = Surgery(
            sources=(old,),
            random=net.parts_up_to(HEAD, after=trained),
            seed=protocol.seeds.surgery_stage1 + number,
        )
        frozen = old if switches.sl_resnet_trains == "new" else None
        start = f"step {number - 1}'s weights up to {trained}, its FC dropped, and random weights from there"
        file = replace(file, start=start, frozen_parts=old.parts if frozen else ())
    return Training(
        folder=built.own_folder(built.student, "sl-resnet"),
        name=f"s{number}",
        title=title,
        dataset=protocol.dataset,
        method="sl-resnet",
        stage=1,
        train=file,
        schedule=step_schedule(built.experiment, float(switches.sl_resnet_rate), numbers.iterations),
        seed=protocol.seeds.stage1,
        init=init,
        frozen=frozen,
        step=number,
        steps=len(built.student.modules),
    )


def _start_of_stage2(built: BuiltExperiment, last: Training) -> Start:
    """All that Stage 1 has trained; the FC is new for each net, or kept, and then the crops differ instead."""
    parts = built.student.parts_up_to(HEAD)
    if built.experiment.switches.sl_resnet_fc == "kept":
        return Start("all that Stage 1 has trained", (WeightSource(last.id, "", parts),), (), own_seeds=True)
    body = parts[:-1]
    return Start("what Stage 1 has trained, with a new FC", (WeightSource(last.id, "", body),), (HEAD,))


def _fine_tunings(built: BuiltExperiment, start: Start) -> list[Training]:
    """Stage 2 without a teacher: as plain training, from Stage 1's weights."""
    title = f"{_title(built)}, Stage 2"
    net = built.train_net("stage2_train.prototxt", "plain_train", title, built.student, built.student_batch_size)
    return stage2_trainings(built, "sl-resnet", built.own_folder(built.student, "sl-resnet"), net, start)
