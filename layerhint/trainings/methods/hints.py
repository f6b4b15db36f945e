"""Stage 1 with hints: the student up to a guided layer learns what the frozen teacher shows at the hint layer."""

from dataclasses import replace

from layerhint.experiments.methods import Method
from layerhint.trainings.methods.built_experiment import BuiltExperiment
from layerhint.trainings.methods.pairs import HintStep, Stage1
from layerhint.trainings.schedule import hint_schedule
from layerhint.trainings.trainings import Surgery, Training, WeightSource


def hint_trainings(built: BuiltExperiment, method: Method, stage1: Stage1) -> list[Training]:
    """The hint trainings of a method, each from where the one before it ended (eq (6))."""
    steps = stage1(built.experiment, built.teacher, built.student, method)
    trainings: list[Training] = []
    for number, step in enumerate(steps, start=1):
        training = _hint_training(built, method, step, trainings[-1] if trainings else None)
        trainings.append(replace(training, step=number, steps=len(steps)))
    return trainings


def _hint_training(built: BuiltExperiment, method: Method, step: HintStep, before: Training | None) -> Training:
    protocol = built.experiment.protocol
    top = step.pairs[-1]
    alone = len(step.pairs) == 1 and top.number
    title = f"{built.title(method)}, Stage 1{f', G{top.number}' if alone else ''}"
    teacher = built.teacher_source(built.teacher.parts_below([pair.hint.name for pair in step.pairs]))
    sources, random = _start(built, top.guided.name, before)
    regressors = tuple(f"{pair.prefix}/regressor" for pair in step.pairs if pair.regressor)
    net = built.train_net(f"{step.name}_train.prototxt", "hint_train", title, built.student, built.student_batch_size)
    return Training(
        folder=built.folder(method),
        name=step.name,
        title=title,
        dataset=protocol.dataset,
        method=method,
        stage=1,
        train=replace(net, teacher=built.teacher, pairs=step.pairs, layers=step.layers),
        schedule=hint_schedule(built.experiment, step.max_iter),
        seed=protocol.seeds.stage1,
        init=Surgery(
            sources=(teacher, *sources),
            random=(*random, *regressors),
            seed=protocol.seeds.surgery_stage1 + int(top.number or 0),
        ),
        frozen=teacher,
    )


def _start(
    built: BuiltExperiment, last: str, before: Training | None
) -> tuple[tuple[WeightSource, ...], tuple[str, ...]]:
    """[W_G(i-1); W_Si]: what the step before has estimated, and the parts with random values from there to `last`."""
    if before is None:
        return (), built.student.parts_up_to(last)
    trained = before.train.pairs[-1].guided.name
    source = WeightSource(before.id, "", built.student.parts_up_to(trained))
    return (source,), built.student.parts_up_to(last, after=trained)
