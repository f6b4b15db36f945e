"""Plain training: a net learns the true labels from random weights."""

from typing import Literal

from layerhint.trainings.architecture import ResNet
from layerhint.trainings.methods.built_experiment import BuiltExperiment
from layerhint.trainings.schedule import plain_schedule
from layerhint.trainings.trainings import Training


def plain_training(built: BuiltExperiment, net: ResNet, role: Literal["teacher", "student"]) -> Training:
    """The teacher, or the student without a teacher's knowledge."""
    protocol = built.experiment.protocol
    batch_size = protocol.batch_size.teacher if role == "teacher" else built.student_batch_size
    title = f"{protocol.title}, {net.label}: plain training"
    return Training(
        folder=built.own_folder(net, "plain"),
        name="plain",
        title=title,
        dataset=protocol.dataset,
        method="plain",
        stage=0,
        train=built.train_net("train.prototxt", "plain_train", title, net, batch_size),
        schedule=plain_schedule(built.experiment),
        seed=protocol.seeds.plain,
        test=built.test_net("test.prototxt", title, net),
        deploy=built.deploy_net(title, net),
    )
