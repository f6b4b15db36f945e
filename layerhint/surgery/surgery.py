"""Net surgery: one caffemodel put together from parts of others, the rest drawn by Caffe's fillers.

A *surgery file* declares it (see `generated/*/*/*/*_surgery.yaml`): the net, which modules come from which
caffemodel, and which are left random. Whatever the declaration does not account for is an error: a layer
that no line names, a module that the net or the source lacks, a param of another shape; and if all layers of a
source are taken, one in between that would be skipped.

The work is done through the pycaffe interface alone (`caffe` is a pycaffe module, torchcaffe or the real
one), so this module imports neither; of torchcaffe it imports only files and errors.
"""

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from layerhint.checksum import sha256
from layerhint.errors import LayerhintError
from layerhint.files import make_folder, naming, write_text
from layerhint.surgery.data_inputs import datum_shape, replace_data_by_input
from layerhint.surgery.declaration import Declaration, Source, read_declaration
from layerhint.surgery.held import HeldLayer, check_same_net, held_layers
from torchcaffe.errors import CaffeError
from torchcaffe.files import put_in_place, read_bytes, temporary

LINEAGE_VERSION = 1
_MAX_TEXT_BYTES, _MAX_MODEL_BYTES = 64 * 2**20, 2**31 - 1


@dataclass(frozen=True)
class Origin:
    """Where a target layer's params come from: a layer of a source, or the fillers (`source` is None)."""

    layer: str
    source: Source | None

    @property
    def name(self) -> str:
        """The layer's name in its source."""
        return self.layer.removeprefix(self.source.prefix if self.source else "")


def lineage_path(caffemodel: Path) -> Path:
    """The lineage record beside a caffemodel that surgery made."""
    return caffemodel.with_name(caffemodel.name + ".lineage.json")


def perform(caffe: ModuleType, file: Path) -> dict[str, Any]:
    """Does what a surgery file declares: writes its `output` and the lineage beside it; returns the lineage.

    Raises:
        LayerhintError: the declaration and the files do not fit together; nothing is written then.
    """
    declaration = read_declaration(file)
    elsewhere = f"Choose another place: `output` in {file}"
    net = _net_with_fillers(caffe, declaration, elsewhere)
    layers = list(net.params)
    origins = assign(declaration, layers)
    models = {s.weights: _read_layers(caffe, Path(s.weights)) for s in declaration.sources}
    for source in declaration.sources:
        if source.layers == "all":
            taken = [origin.name for origin in origins if origin.source is source]
            check_same_net(models[source.weights], taken, source.weights, declaration.net)
    for origin in origins:
        if origin.source is not None:
            _copy(net, origin, origin.source, models[origin.source.weights])
    output = Path(declaration.output)
    _save(net, output, elsewhere)
    lineage = _lineage(declaration, file, origins, output)
    write_text(lineage_path(output), json.dumps(lineage, indent=1) + "\n", elsewhere)
    return lineage


def is_made(file: Path) -> bool:
    """Whether a surgery file's output is there, made from that file and from its net and sources as they are now."""
    declaration = read_declaration(file)
    output = Path(declaration.output)
    named = [file, Path(declaration.net), *(Path(source.weights) for source in declaration.sources)]
    if not (output.is_file() and lineage_path(output).is_file() and all(path.is_file() for path in named)):
        return False
    try:
        lineage = json.loads(lineage_path(output).read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return False
    if not isinstance(lineage, dict):
        return False
    today = _provenance(declaration, file, output)
    return {key: lineage.get(key) for key in today} == today


def assign(declaration: Declaration, layers: list[str]) -> list[Origin]:
    """The origin of each layer with params; `LayerhintError` for one that has none, or two, or a line in vain."""
    origins = [_origin(declaration, layer) for layer in layers]
    for module, source in declaration.in_vain(layers):
        said = f"to come from {source.weights}" if source else "random"
        raise LayerhintError(f"{declaration.net} has no layer with params in '{module}', declared {said}")
    return origins


def _origin(declaration: Declaration, layer: str) -> Origin:
    claims = declaration.origins_of(layer)
    if len(claims) == 1:
        return Origin(layer, claims[0])
    if not claims:
        raise LayerhintError(
            f"surgery for {declaration.net}: nothing is declared for its layer '{layer}'. "
            "Name its module under a source's layers or under random"
        )
    names = [claim.weights if claim is not None else "random" for claim in claims]
    raise LayerhintError(
        f"surgery for {declaration.net}: its layer '{layer}' is declared {len(claims)} times: {', '.join(names)}"
    )


def _net_with_fillers(caffe: ModuleType, declaration: Declaration, elsewhere: str) -> Any:
    """The declared net, its params drawn from the declared seed.

    Data layers are replaced by inputs of their shape, so that the fillers' draws depend on nothing but the seed.
    """
    from google.protobuf import text_format  # From the protobuf package that the pycaffe module has chosen.

    path = Path(declaration.net)
    if not path.is_file():
        raise LayerhintError(f"there is no net {path}. Render it first: python tools/render.py")
    param = caffe.proto.caffe_pb2.NetParameter()
    try:
        text_format.Parse(read_bytes(path, _MAX_TEXT_BYTES).decode(), param)
    except (text_format.ParseError, UnicodeDecodeError, CaffeError) as error:
        raise LayerhintError(f"{path}: {error}") from None
    for layer in param.layer:
        if layer.type == "Data":
            _replace_by_input(caffe, layer)
    output = Path(declaration.output)
    make_folder(output.parent, elsewhere)
    net = temporary(output)
    try:
        with naming(output, elsewhere):
            net.write_text(text_format.MessageToString(param), encoding="utf-8")
        caffe.set_mode_cpu()
        caffe.set_random_seed(declaration.seed)
        return caffe.Net(str(net), caffe.TRAIN)
    finally:
        net.unlink(missing_ok=True)


def _replace_by_input(caffe: ModuleType, layer: Any) -> None:
    channels, height, width = datum_shape(caffe, layer.data_param.source)
    crop = layer.transform_param.crop_size
    replace_data_by_input(layer, (1, channels, crop or height, crop or width))


def _read_layers(caffe: ModuleType, path: Path) -> tuple[HeldLayer, ...]:
    """The layers of a caffemodel."""
    if not path.exists():
        raise LayerhintError(f"the source caffemodel {path} is not there. Train it first")
    model = caffe.proto.caffe_pb2.NetParameter()
    try:
        model.ParseFromString(read_bytes(path, _MAX_MODEL_BYTES))
    except Exception as error:
        raise LayerhintError(f"{path} cannot be read as a caffemodel: {error}. Train it again") from None
    layers = held_layers(model)
    if not any(layer.params for layer in layers):
        raise LayerhintError(f"{path} holds no layer with params: it is not a trained caffemodel")
    return layers


def _copy(net: Any, origin: Origin, source: Source, layers: tuple[HeldLayer, ...]) -> None:
    name = origin.name
    blobs = next((layer.params for layer in reversed(layers) if layer.name == name and layer.params), None)
    if blobs is None:
        raise LayerhintError(
            f"{source.weights} has no params for layer '{name}', declared for '{origin.layer}': is it of another net?"
        )
    target = net.params[origin.layer]
    wanted = [tuple(blob.data.shape) for blob in target]
    if len(blobs) != len(wanted) or not all(map(holds_shape, blobs, wanted)):
        raise LayerhintError(
            f"layer '{origin.layer}' takes params of shapes {wanted}, but layer '{name}' of {source.weights} "
            f"has {[_shape(blob) for blob in blobs]}: are the two nets of different width or depth?"
        )
    for blob, values, shape in zip(target, blobs, wanted, strict=True):
        blob.data[...] = np.asarray(values.data, dtype=np.float32).reshape(shape)


def holds_shape(blob: Any, shape: tuple[int, ...]) -> bool:
    """Whether a BlobProto has the float32 values of a shape.

    One from before Caffe 1.0 has four sizes, of which the first ones are 1 where the shape has fewer.
    """
    legacy = not blob.HasField("shape")
    filled = (1,) * (4 - len(shape)) + shape if legacy else shape
    return _shape(blob) == filled and len(blob.data) == prod(shape)


def _shape(blob: Any) -> tuple[int, ...]:
    if blob.HasField("shape"):
        return tuple(blob.shape.dim)
    return (blob.num, blob.channels, blob.height, blob.width)


def _save(net: Any, output: Path, elsewhere: str) -> None:
    beside = temporary(output)
    try:
        with naming(output, elsewhere):
            net.save(str(beside))
            put_in_place(beside, output)
    finally:
        beside.unlink(missing_ok=True)


def _lineage(declaration: Declaration, file: Path, origins: list[Origin], output: Path) -> dict[str, Any]:
    return {
        **_provenance(declaration, file, output),
        "layers": {o.layer: {"from": o.source.weights, "layer": o.name} if o.source else "random" for o in origins},
    }


def _provenance(declaration: Declaration, file: Path, output: Path) -> dict[str, Any]:
    return {
        "schema": LINEAGE_VERSION,
        "output": declaration.output,
        "sha256": sha256(output),
        "declaration": {"file": str(file), "sha256": sha256(file)},
        "net": {"file": declaration.net, "sha256": sha256(Path(declaration.net))},
        "seed": declaration.seed,
        "parents": [{"weights": s.weights, "sha256": sha256(Path(s.weights))} for s in declaration.sources],
    }
