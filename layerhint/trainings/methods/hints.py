"""Stage 1 with hints: the student up to a guided layer learns what the frozen teacher shows at the hint layer."""

from dataclasses import replace

from layerhint.experiments.protocol import Method
from layerhint.trainings.methods.pairs import HintStep, stage1_steps
from layerhint.trainings.methods.scene import Scene
from layerhint.trainings.schedule import hint_schedule
from layerhint.trainings.trainings import Surgery, Training, WeightSource


def hint_trainings(scene: Scene, method: Method) -> list[Training]:
    """The hint trainings of a method, each from where the one before it ended (eq (6))."""
    steps = stage1_steps(scene.experiment, scene.teacher, scene.student, method)
    trainings: list[Training] = []
    for number, step in enumerate(steps, start=1):
        training = _hint_training(scene, method, step, trainings[-1] if trainings else None)
        trainings.append(replace(training, step=number, steps=len(steps)))
    return trainings


def _hint_training(scene: Scene, method: Method, step: HintStep, before: Training | None) -> Training:
    protocol = scene.experiment.protocol
    top = step.pairs[-1]
    alone = len(step.pairs) == 1 and top.number
    title = f"{scene.title(method)}, Stage 1{f', G{top.number}' if alone else ''}"
    teacher = scene.teacher_source(scene.teacher.parts_below([pair.hint.name for pair in step.pairs]))
    sources, random = _start(scene, top.guided.name, before)
    regressors = tuple(f"{pair.prefix}/regressor" for pair in step.pairs if pair.regressor)
    net = scene.train_net(f"{step.name}_train.prototxt", "hint_train", title, scene.student, scene.student_batch_size)
    return Training(
        folder=scene.folder(method),
        name=step.name,
        title=title,
        dataset=protocol.dataset,
        method=method,
        stage=1,
        train=replace(net, teacher=scene.teacher, pairs=step.pairs, layers=step.layers),
        test=None,
        deploy=None,
        solver=f"{step.name}_solver.prototxt",
        schedule=hint_schedule(scene.experiment, step.max_iter),
        momentum=protocol.sgd.momentum,
        weight_decay=protocol.sgd.weight_decay,
        seed=protocol.seeds.stage1,
        init=Surgery(
            file=f"{step.name}_surgery.yaml",
            sources=(teacher, *sources),
            random=(*random, *regressors),
            seed=protocol.seeds.surgery_stage1 + int(top.number or 0),
        ),
        frozen=teacher,
    )


def _start(scene: Scene, last: str, before: Training | None) -> tuple[tuple[WeightSource, ...], tuple[str, ...]]:
    """[W_G(i-1); W_Si]: what the step before has estimated, and the parts with random values from there to `last`."""
    if before is None:
        return (), scene.student.parts_up_to(last)
    trained = before.train.pairs[-1].guided.name
    source = WeightSource(before.id, "", scene.student.parts_up_to(trained))
    return (source,), scene.student.parts_up_to(last, after=trained)
