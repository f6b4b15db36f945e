"""An experiment's nets and hint/guided pairs as its generated files have them, for the report to draw."""

from collections.abc import Iterable, Iterator, Mapping

from layerhint.experiments.experiment import Experiment
from layerhint.experiments.own_teacher import OwnTeacher
from layerhint.nets.generated_net import GeneratedNet
from layerhint.nets.reading import UnreadableError, read_net
from layerhint.records.drawn_nets import DrawnNets, DrawnPair, DrawnPart
from layerhint.rendering.layout import Layout
from layerhint.trainings.expand import expand_own
from layerhint.trainings.trainings import TEACHER, NetFile, Training
from torchcaffe.proto.caffe_pb2 import LayerParameter

_NOT_DRAWN = {"Data", "Input", "EuclideanLoss", "SoftmaxWithLoss", "Softmax", "Accuracy", "Silence"}
_WEIGHTED = {"Convolution", "Deconvolution", "InnerProduct"}


def drawn_nets(experiment: Experiment, layout: Layout, texts: Mapping[str, str]) -> DrawnNets:
    """The nets and pairs for an experiment's record. Constant layers do not count as weighted ones.

    If no file holds the whole student, as without Stage 2, the net of its last Stage 1 training is drawn.
    """
    trainings = expand_own(experiment)
    stage1 = [t for t in trainings if t.stage == 1 and t.train.pairs]
    plain = [t for t in trainings if t.stage == 0]
    taught = [t for t in trainings if t.train.kd or t.train.pairs]
    own = isinstance(experiment.teacher, OwnTeacher)
    teacher, prefix = (taught[-1:], TEACHER) if own else (plain[:1], "")
    student = plain[0 if own else 1 :] or stage1[-1:]
    pairs: dict[str, tuple[DrawnPair, ...]] = {}
    for training in stage1:
        found = _pairs(training, _read(training, training.train, layout, texts))
        pairs[training.method] = (*pairs.get(training.method, ()), *found)
    return DrawnNets(
        teacher=tuple(part for t in teacher for part in _parts(_whole(t, layout, texts), prefix)),
        student=tuple(part for t in student[:1] for part in _parts(_whole(t, layout, texts), "")),
        pairs=pairs,
    )


def _whole(training: Training, layout: Layout, texts: Mapping[str, str]) -> GeneratedNet:
    """The training's deploy net, or the net that trains if there is none."""
    return _read(training, training.deploy or training.train, layout, texts)


def _read(training: Training, net: NetFile, layout: Layout, texts: Mapping[str, str]) -> GeneratedNet:
    """A net of files that the lint rules have passed."""
    try:
        return read_net(texts, layout.net(training, net), net.net.image_shape, trains=net is training.train)
    except UnreadableError as error:
        raise RuntimeError(f"a net was drawn that cannot be set up: {error}") from error


def _parts(net: GeneratedNet, prefix: str) -> Iterator[DrawnPart]:
    """The parts of the student or of a deploy net or, with a prefix, those of the teacher."""
    parts: dict[str, list[LayerParameter]] = {}
    part_of: dict[str, str] = {}
    for layer in net.layers:
        if layer.type in _NOT_DRAWN or layer.name.startswith(TEACHER) != bool(prefix) or _is_extra(layer):
            continue
        name, slash, _ = layer.name.removeprefix(prefix).partition("/")
        if not slash and layer.top[0] in layer.bottom:  # A layer in place belongs to the part that made its blob.
            name = part_of.get(layer.top[0], name)
        parts.setdefault(name, []).append(layer)
        part_of |= dict.fromkeys(layer.top, name)
    for name, layers in parts.items():
        shape = net.shapes.blobs[layers[-1].top[0]]
        yield DrawnPart(name=name, shape=tuple(shape[1:]), weighted=sum(map(_learns, layers)))


def _is_extra(layer: LayerParameter) -> bool:
    """Whether the layer belongs to the method and to neither net."""
    return _is_regressor(layer) or layer.name.startswith("kd/")


def _learns(layer: LayerParameter) -> bool:
    """Whether it has weights that are trained: all but the constant ones of a zero-padded shortcut."""
    own = layer.inner_product_param if layer.type == "InnerProduct" else layer.convolution_param
    constant = own.HasField("weight_filler") and own.weight_filler.type == "constant"
    return layer.type in _WEIGHTED and not constant


def _is_regressor(layer: LayerParameter) -> bool:
    return layer.name.endswith("/regressor")


def _pairs(training: Training, net: GeneratedNet) -> Iterable[DrawnPair]:
    for number, layer in enumerate(net.layers):
        if layer.type != "EuclideanLoss":
            continue
        guided, hint = layer.bottom
        maker = net.layers[net.maker(number, 0)]
        regressor = _is_regressor(maker)
        yield DrawnPair(
            training=training.id,
            loss=layer.top[0],
            hint=hint.removeprefix(TEACHER),
            guided=maker.bottom[0] if regressor else guided,
            shape=tuple(net.shapes.blobs[guided][1:]),
            weight=net.loss_weight(layer),
            regressor=maker.convolution_param.kernel_size[0] if regressor else None,
        )
