"""Stage 2: the student learns the true labels and the frozen teacher's softened outputs, eq (2)."""

from dataclasses import replace

from layerhint.experiments.experiment import Experiment
from layerhint.experiments.methods import Method
from layerhint.trainings.methods.built_experiment import BuiltExperiment
from layerhint.trainings.methods.stage2 import stage2_trainings
from layerhint.trainings.trainings import KdLoss, Start, Training, WeightSource


def kd_trainings(built: BuiltExperiment, method: Method, start: Start, lambda_: float) -> list[Training]:
    """The nets of a method's Stage 2."""
    title = f"{built.title(method)}, Stage 2"
    net = built.train_net("stage2_train.prototxt", "kd_train", title, built.student, built.student_batch_size)
    net = replace(net, teacher=built.teacher, kd=kd_loss(built.experiment, lambda_))
    return stage2_trainings(built, method, built.folder(method), net, start, built.teacher_source("all"))


def start_after_hints(built: BuiltExperiment, stage1: Training | None) -> Start:
    """[W_GN; W_Sr], or random values alone."""
    if stage1 is None:
        return Start("random weights", (), built.student.parts_up_to("fc"))
    top = stage1.train.pairs[-1]
    trained = top.guided.name
    source = WeightSource(stage1.id, "", built.student.parts_up_to(trained))
    return Start(f"[W_G{top.number}; W_Sr]", (source,), built.student.parts_up_to("fc", after=trained))


def kd_loss(experiment: Experiment, lambda_: float) -> KdLoss:
    """Eq (2), as the switches interpret it."""
    kd, switches = experiment.protocol.kd, experiment.switches
    factor = kd.tau**2 if switches.soft_target_factor == "tau_squared" else 1
    return KdLoss(kd.tau, lambda_, lambda_ * factor, switches.true_label_term)
