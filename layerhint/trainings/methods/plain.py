"""Plain training: a net learns the true labels from random weights."""

from typing import Literal

from layerhint.trainings.architecture import ResNet
from layerhint.trainings.methods.scene import Scene
from layerhint.trainings.schedule import plain_schedule
from layerhint.trainings.trainings import Training


def plain_training(scene: Scene, net: ResNet, role: Literal["teacher", "student"]) -> Training:
    """The teacher, or the student without a teacher's knowledge."""
    protocol = scene.experiment.protocol
    batch_size = protocol.batch_size.teacher if role == "teacher" else scene.student_batch_size
    title = f"{protocol.title}, {net.label}: plain training"
    return Training(
        folder=scene.own_folder(net, "plain"),
        name="plain",
        title=title,
        dataset=protocol.dataset,
        method="plain",
        stage=0,
        train=scene.train_net("train.prototxt", "plain_train", title, net, batch_size),
        test=scene.test_net("test.prototxt", title, net),
        deploy=scene.deploy_net(title, net),
        solver="solver.prototxt",
        schedule=plain_schedule(scene.experiment),
        momentum=protocol.sgd.momentum,
        weight_decay=protocol.sgd.weight_decay,
        seed=protocol.seeds.plain,
    )
