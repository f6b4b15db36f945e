"""A net as a graph: layers and blobs, drawn by Graphviz.

It takes the package `pydot`, and the program `dot` for everything but `.raw`.
Source: Caffe 1.0, `python/caffe/draw.py`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from torchcaffe.errors import CaffeError
from torchcaffe.files import write_bytes_atomically
from torchcaffe.proto import caffe_pb2

if TYPE_CHECKING:
    import pydot

_LAYER = {"shape": "record", "style": "filled"}
_BLOB = {"shape": "octagon", "style": "filled", "fillcolor": "#E0E0E0"}
_IN_PLACE_COLOR = "#90EE90"
_COLORS = {
    "Convolution": "#FF5050",
    "Deconvolution": "#FF5050",
    "InnerProduct": "#CC33FF",
    "Pooling": "#FF9900",
}
_OTHER_COLOR = "#6495ED"
_WITH_LR_MULT = ("Convolution", "Deconvolution", "InnerProduct")


class DrawError(CaffeError):
    """A net that cannot be drawn, or a program that drawing needs and that is not there."""


def get_pooling_types_dict() -> dict[int, str]:
    """The names of pooling methods, by number."""
    return {number: name for name, number in caffe_pb2.PoolingParameter.PoolMethod.items()}


def get_edge_label(layer: caffe_pb2.LayerParameter) -> str:
    """The label of the edge from a layer to its top: the batch size or the number of outputs."""
    if layer.type == "Data":
        return f"Batch {layer.data_param.batch_size}"
    if layer.type in ("Convolution", "Deconvolution"):
        return str(layer.convolution_param.num_output)
    if layer.type == "InnerProduct":
        return str(layer.inner_product_param.num_output)
    return '""'


def get_layer_lr_mult(layer: caffe_pb2.LayerParameter) -> tuple[float, float]:
    """The lr_mult of a layer's weights and bias. ValueError for other layers than convolutions and InnerProduct."""
    if layer.type not in _WITH_LR_MULT or len(layer.param) > 2:
        raise ValueError(f"layer '{layer.name}' ({layer.type}) has no weights and bias with an lr_mult each")
    weights, bias = [param.lr_mult for param in layer.param] + [1.0] * (2 - len(layer.param))
    return weights, bias


def get_layer_label(layer: caffe_pb2.LayerParameter, rankdir: str, display_lrm: bool = False) -> str:
    """The quoted label of a layer: its name, type, window and, with `display_lrm`, lr_mult."""
    kind = layer.type
    if kind == "Pooling":
        kind += f" {get_pooling_types_dict()[layer.pooling_param.pool]}"
    lines = [_escaped(layer.name), f"({_escaped(kind)})", *_window(layer)]
    if display_lrm and layer.type in _WITH_LR_MULT:
        lr_mult = get_layer_lr_mult(layer)
        if any(lr_mult):
            lines.append("lr mult: {:.1f}, {:.1f}".format(*lr_mult))
    # In a graph that runs left to right, layers should be narrow; in one that runs top to bottom, low.
    separator = " " if rankdir in ("TB", "BT") else r"\n"
    return _quoted(separator.join(lines))


def choose_color_by_layertype(layertype: str) -> str:
    """The colour of a layer that does not work in place."""
    return _COLORS.get(layertype, _OTHER_COLOR)


def get_pydot_graph(
    caffe_net: caffe_pb2.NetParameter,
    rankdir: str,
    label_edges: bool = True,
    phase: int | None = None,
    display_lrm: bool = False,
) -> "pydot.Dot":
    """The net as a graph.

    Args:
        rankdir: the direction of the graph: LR, TB or BT.
        label_edges: whether edges to tops are labelled.
        phase: draws the layers of this phase only, by their `include` and `exclude`; None draws all.
        display_lrm: whether lr_mult is shown.

    Raises:
        DrawError: pydot is not installed.
        ValueError: a layer has both `include` and `exclude`.
    """
    library = _pydot()
    graph: pydot.Dot = library.Dot(_quoted(caffe_net.name or "Net"), graph_type="digraph", rankdir=rankdir)
    drawn: dict[str, pydot.Node] = {}

    def blob(name: str) -> "pydot.Node":
        if name not in drawn:
            drawn[name] = library.Node(_quoted(f"{name} blob"), label=_quoted(_escaped(name)), **_BLOB)
            graph.add_node(drawn[name])
        return drawn[name]

    for layer in caffe_net.layer:
        if phase is not None and not _runs_in(layer, phase):
            continue
        in_place = len(layer.bottom) == 1 and list(layer.bottom) == list(layer.top)
        color = _IN_PLACE_COLOR if in_place else choose_color_by_layertype(layer.type)
        label = get_layer_label(layer, rankdir, display_lrm)
        node = library.Node(_quoted(f"{layer.name} {layer.type}"), label=label, fillcolor=color, **_LAYER)
        graph.add_node(node)
        for name in layer.bottom:
            graph.add_edge(library.Edge(blob(name), node, label='""'))
        for name in layer.top:
            graph.add_edge(library.Edge(node, blob(name), label=get_edge_label(layer) if label_edges else '""'))
    return graph


def draw_net(
    caffe_net: caffe_pb2.NetParameter,
    rankdir: str,
    ext: str = "png",
    phase: int | None = None,
    display_lrm: bool = False,
) -> bytes:
    """The picture of a net in a format of Graphviz (png, svg, pdf, ...), or the graph's text for `raw`.

    Arguments and errors as `get_pydot_graph`; DrawError too where `dot` is not installed or refuses.
    """
    graph = get_pydot_graph(caffe_net, rankdir, phase=phase, display_lrm=display_lrm)
    if ext == "raw":
        return graph.to_string().encode()
    try:
        picture = graph.create(format=ext)
    except FileNotFoundError:
        raise DrawError(
            "drawing takes Graphviz, and its program `dot` is not on PATH: install the package graphviz, or draw to a "
            "file .raw, which is the graph's text"
        ) from None
    except AssertionError as error:
        raise DrawError(f"Graphviz cannot draw the net as '{ext}': {error}") from None
    return picture if isinstance(picture, bytes) else picture.encode()


def draw_net_to_file(
    caffe_net: caffe_pb2.NetParameter,
    filename: str | Path,
    rankdir: str = "LR",
    phase: int | None = None,
    display_lrm: bool = False,
) -> None:
    """Writes the picture of a net, in the format of the file's ending. Arguments and errors as `draw_net`."""
    ext = Path(filename).suffix.removeprefix(".")
    if not ext:
        raise DrawError(f"{filename}: a picture's format is its file's ending, such as .png, .svg or .raw")
    write_bytes_atomically(filename, draw_net(caffe_net, rankdir, ext, phase, display_lrm))


def _pydot() -> Any:
    try:
        import pydot  # Only drawing needs it.
    except ModuleNotFoundError:
        raise DrawError("drawing takes the Python package pydot: install it with `pip install pydot`") from None
    return pydot


def _window(layer: caffe_pb2.LayerParameter) -> list[str]:
    """Kernel, stride and pad of a layer that has them."""
    if layer.type == "Pooling":
        pooling = layer.pooling_param
        kernel, stride, pad = pooling.kernel_size, pooling.stride, pooling.pad
    elif layer.type in ("Convolution", "Deconvolution"):
        convolution = layer.convolution_param
        kernel = convolution.kernel_size[0] if convolution.kernel_size else 1
        stride = convolution.stride[0] if convolution.stride else 1
        pad = convolution.pad[0] if convolution.pad else 0
    else:
        return []
    return [f"kernel size: {kernel}", f"stride: {stride}", f"pad: {pad}"]


def _runs_in(layer: caffe_pb2.LayerParameter, phase: int) -> bool:
    if layer.include and layer.exclude:
        raise ValueError(f"layer '{layer.name}' has both include and exclude: give one of them")
    if layer.include:
        return any(not rule.HasField("phase") or rule.phase == phase for rule in layer.include)
    return not any(rule.phase == phase for rule in layer.exclude if rule.HasField("phase"))


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', r"\""))


def _escaped(text: str) -> str:
    """A name as a label's text: the characters that are special in a Graphviz record are escaped."""
    return "".join(f"\\{sign}" if sign in r"\{}|<>" else sign for sign in text)
