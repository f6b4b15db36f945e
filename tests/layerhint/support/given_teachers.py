"""Caffemodels with a net's layers, as a given teacher has to have them."""

from math import prod
from pathlib import Path

from layerhint.experiments.experiment import Experiment
from layerhint.nets.reading import read_net
from layerhint.rendering.layout import Layout
from layerhint.rendering.render import render
from layerhint.trainings.expand import expand_all
from torchcaffe.proto import caffe_pb2


def write_teacher(weights: Path, experiments: list[Experiment], training: str) -> None:
    """The caffemodel of a training of the experiments; every value is 1."""
    layout = Layout()
    (teacher,) = (each for each in expand_all(experiments) if each.id == training)
    net = read_net(render(experiments, layout), layout.train_net(teacher), teacher.train.net.image_shape, trains=True)
    model = caffe_pb2.NetParameter()
    for part in net.layers:
        layer = model.layer.add(name=part.name, type=part.type, bottom=part.bottom, top=part.top)
        for shape in net.param_shapes(part.name):
            layer.blobs.add(data=[1.0] * prod(shape)).shape.dim.extend(shape)
    weights.write_bytes(model.SerializeToString())
