"""Stage 2: the student learns the true labels and the frozen teacher's softened outputs, eq (2)."""

from dataclasses import replace

from layerhint.experiments.experiment import Experiment
from layerhint.experiments.methods import Method
from layerhint.trainings.methods.built_experiment import BuiltExperiment
from layerhint.trainings.schedule import plain_schedule
from layerhint.trainings.trainings import KdLoss, Start, Surgery, Training, WeightSource


def kd_trainings(built: BuiltExperiment, method: Method, start: Start, lambda_: float) -> list[Training]:
    """One training for each net of a method; they differ in the random values of what `start` does not give."""
    return [_kd_training(built, method, start, lambda_, number) for number in range(1, built.experiment.nets + 1)]


def start_after_hints(built: BuiltExperiment, stage1: Training | None) -> Start:
    """[W_GN; W_Sr], or random values alone."""
    if stage1 is None:
        return Start("random weights", (), built.student.parts_up_to("fc"))
    top = stage1.train.pairs[-1]
    trained = top.guided.name
    source = WeightSource(stage1.id, "", built.student.parts_up_to(trained))
    return Start(f"[W_G{top.number}; W_Sr]", (source,), built.student.parts_up_to("fc", after=trained))


def _kd_training(built: BuiltExperiment, method: Method, start: Start, lambda_: float, number: int) -> Training:
    protocol = built.experiment.protocol
    title = f"{built.title(method)}, Stage 2"
    teacher = built.teacher_source("all")
    net = built.train_net("stage2_train.prototxt", "kd_train", title, built.student, built.student_batch_size)
    return Training(
        folder=built.folder(method),
        name=f"net{number}",
        title=f"{title}, net {number}",
        dataset=protocol.dataset,
        method=method,
        stage=2,
        train=replace(net, teacher=built.teacher, kd=kd_loss(built.experiment, lambda_), start=start.name),
        test=built.test_net("stage2_test.prototxt", title, built.student),
        deploy=None,
        solver=f"net{number}_solver.prototxt",
        schedule=plain_schedule(built.experiment),
        momentum=protocol.sgd.momentum,
        weight_decay=protocol.sgd.weight_decay,
        seed=start.solver_seed(protocol.seeds.stage2, number),
        init=Surgery(
            file=f"net{number}_surgery.yaml",
            sources=(teacher, *start.sources),
            random=start.random,
            seed=protocol.seeds.surgery_stage2 + number,
        ),
        frozen=teacher,
        student=number,
    )


def kd_loss(experiment: Experiment, lambda_: float) -> KdLoss:
    """Eq (2) under the switches' readings."""
    kd, switches = experiment.protocol.kd, experiment.switches
    factor = kd.tau**2 if switches.soft_target_factor == "tau_squared" else 1
    return KdLoss(kd.tau, lambda_, lambda_ * factor, switches.true_label_term)
