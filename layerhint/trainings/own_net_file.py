"""Reads a user's own net: its layers as they act in tests, their shapes, and whether its weights fit."""

import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from google.protobuf import text_format

import torchcaffe as caffe
from layerhint.cost.count import count_cost
from layerhint.errors import LayerhintError
from layerhint.trainings.fitting_weights import check_weights_fit
from layerhint.trainings.own_net import OwnLayer, OwnNet, Shape, places_below
from layerhint.validation import nearest
from layerhint.wording import spelt
from torchcaffe.errors import CaffeError
from torchcaffe.net_state import filter_net
from torchcaffe.proto.caffe_pb2 import LayerParameter, NetParameter, PoolingParameter
from torchcaffe.proto.text import read_net

_NAME = re.compile(r'[^"\\\x00-\x1f\x7f]+')


@dataclass(frozen=True)
class OwnNetRequest:
    """What is to be read: the files, the blobs by name, and the images that the net is to take."""

    label: str
    net: str
    weights: str
    input: str
    logits: str
    hints: tuple[str, ...]
    image: Shape
    classes: int


def read_own_net(request: OwnNetRequest) -> OwnNet:
    """The net of a prototxt of any style (train, train_val or deploy), from the images to the class scores and hints.

    Layers that act otherwise in training are made to act as in tests: Dropout becomes a Power that changes nothing.
    (BatchNorm takes its own statistics where the net is frozen, see `layerhint.rendering.frozen_layers`.)
    Raises LayerhintError for a file that cannot be read, a blob that is not there, a layer that cannot be frozen, class
    scores that are not (N, classes), and weights that do not fit.
    """
    files = (Path(request.net), Path(request.weights))
    return _read(request, tuple(_date(path) for path in files))


def _date(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise LayerhintError(f"cannot read {path}: {error.strerror}") from None
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=32)
def _read(request: OwnNetRequest, _dates: tuple[tuple[int, int], ...]) -> OwnNet:
    try:
        param = read_net(request.net)
        param.state.phase = caffe.TEST
        params = [_as_in_tests(layer) for layer in filter_net(param).layer]
        chosen = _chosen(request, params)
        net = _set_up(request, chosen)
        needed = {layer.name: layer.params for layer in net.layers if layer.params}
        check_weights_fit(request.weights, request.net, needed, request.image)
    except CaffeError as error:
        raise LayerhintError(f"{request.net}: {error}" if request.net not in str(error) else str(error)) from None
    return net


def _as_in_tests(layer: LayerParameter) -> LayerParameter:
    """A layer as it acts in tests: without settings for training or for a phase, and with a Power for Dropout."""
    plain = LayerParameter()
    plain.CopyFrom(layer)
    for field in ("include", "exclude", "phase", "propagate_down", "blobs"):
        plain.ClearField(field)
    if plain.type == "Dropout":
        plain.type = "Power"
        plain.ClearField("dropout_param")
    return plain


def _chosen(request: OwnNetRequest, params: Sequence[LayerParameter]) -> list[LayerParameter]:
    """The layers that are needed. Raises LayerhintError for missing blobs, and layers that cannot be frozen."""
    made = [top for layer in params for top in layer.top]
    for key, blob in (("input", request.input), ("logits", request.logits), *(("hint", h) for h in request.hints)):
        if blob not in made:
            raise LayerhintError(f"{request.net} has no blob {blob!r} ({key}){nearest(blob, dict.fromkeys(made))}")
    links = [(layer.bottom, layer.top) for layer in params]
    chosen = [params[i] for i in places_below(links, {request.logits, *request.hints}, request.input)]
    for layer in chosen:
        _refuse(request, layer)
    twice = [name for name, count in Counter(layer.name for layer in chosen).items() if count > 1]
    if twice:
        raise LayerhintError(f"{request.net}: two layers are named {twice[0]!r}, and weights go by name")
    last = next((layer for layer in reversed(chosen) if request.logits in layer.top), None)
    if last is not None and last.type == "Softmax":
        raise LayerhintError(
            f"{request.net}: {request.logits!r} is what Softmax gives; logits are what it reads: {last.bottom[0]!r}"
        )
    return chosen


def _refuse(request: OwnNetRequest, layer: LayerParameter) -> None:
    why = _why_not(request, layer)
    if why:
        raise LayerhintError(f"{request.net}: layer {layer.name!r} ({layer.type}) {why}")


def _why_not(request: OwnNetRequest, layer: LayerParameter) -> str:
    """Why a layer cannot stand in a frozen teacher, or ""."""
    names = [layer.name, *layer.bottom, *layer.top]
    if not all(_NAME.fullmatch(name) for name in names):
        return "has a name that is empty or holds a quote, a backslash or a control character: rename it"
    if not layer.bottom and layer.type != "Parameter":
        tops = ", ".join(map(repr, layer.top))
        return f"makes {tops} of its own data; a teacher reads the blob {request.input!r} alone (`input:`)"
    if layer.type.endswith("Loss") or any(layer.loss_weight):
        return "adds to a loss; a teacher ends at its class scores"
    if layer.type == "Python":
        return "may act otherwise in training than in tests: a teacher is made of Caffe's own layers"
    if layer.type == "Pooling" and layer.pooling_param.pool == PoolingParameter.STOCHASTIC:
        return "draws at random in training, so it cannot be frozen"
    statistics = layer.batch_norm_param
    if layer.type == "BatchNorm" and statistics.HasField("use_global_stats") and not statistics.use_global_stats:
        return "takes the batch's statistics in tests too (use_global_stats: false), so it cannot be frozen"
    return ""


def _set_up(request: OwnNetRequest, chosen: Sequence[LayerParameter]) -> OwnNet:
    """The net as Caffe sets it up for one image."""
    param = NetParameter(name=request.label)
    param.layer.add(name="the images", type="Input", top=[request.input]).input_param.shape.add(dim=(1, *request.image))
    param.layer.extend(chosen)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "net.prototxt"
        file.write_text(text_format.MessageToString(param), encoding="utf-8")
        net = caffe.Net(str(file), caffe.TEST)
        multiply_adds = count_cost(file).multiply_adds
    names = dict.fromkeys([request.input, *(top for layer in chosen for top in layer.top)])
    shapes = {name: tuple(net.blobs[name].shape)[1:] for name in names}
    if shapes[request.logits] != (request.classes,):
        said = spelt(shapes[request.logits])
        flat = "; a Flatten layer makes it a vector" if shapes[request.logits][:1] == (request.classes,) else ""
        raise LayerhintError(
            f"{request.net}: logits {request.logits!r} is {said} an image, expected {request.classes}: a score for "
            f"each class{flat}"
        )
    bare = OwnNet(request.label, request.net, request.input, request.logits, (), tuple(shapes.items()), multiply_adds)
    return replace(bare, layers=tuple(_layer(layer, net) for layer in chosen))


def _layer(layer: LayerParameter, net: caffe.Net) -> OwnLayer:
    params = tuple(tuple(blob.shape) for blob in net.params[layer.name]) if layer.name in net.params else ()
    text = text_format.MessageToString(layer)
    return OwnLayer(layer.name, tuple(layer.bottom), tuple(layer.top), params, text)
