"""Turns old formats into today's when they are read: layers, data transformations, input fields, solver types.

Source: Caffe 1.0, `src/caffe/util/upgrade_proto.cpp`.
"""

from pathlib import Path

from torchcaffe.errors import ProtoError
from torchcaffe.proto.caffe_pb2 import (
    LayerParameter,
    NetParameter,
    ParamSpec,
    SolverParameter,
    V1LayerParameter,
)
from torchcaffe.proto.upgrade_v0 import needs_v0_upgrade, upgrade_v0_net

# Types whose new name is not their old name's words joined.
_V1_TYPES = {
    "NONE": "",
    "ABSVAL": "AbsVal",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "LRN": "LRN",
    "MVN": "MVN",
    "RELU": "ReLU",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "TANH": "TanH",
}
_V1_DATA_PARAMS = {
    V1LayerParameter.DATA: "data_param",
    V1LayerParameter.IMAGE_DATA: "image_data_param",
    V1LayerParameter.WINDOW_DATA: "window_data_param",
}
_SHARE_MODES = {
    V1LayerParameter.STRICT: ParamSpec.STRICT,
    V1LayerParameter.PERMISSIVE: ParamSpec.PERMISSIVE,
}
_TRANSFORM_FIELDS = ("scale", "mean_file", "crop_size", "mirror")
_SOLVER_TYPES = {
    SolverParameter.SGD: "SGD",
    SolverParameter.NESTEROV: "Nesterov",
    SolverParameter.ADAGRAD: "AdaGrad",
    SolverParameter.RMSPROP: "RMSProp",
    SolverParameter.ADADELTA: "AdaDelta",
    SolverParameter.ADAM: "Adam",
}


def upgrade_net(net: NetParameter, name: str) -> list[str]:
    """Brings `net` to today's format in place; returns a note on each thing that changed.

    `name` (the file) begins the message of the `ProtoError` raised for a net that cannot be upgraded.
    """
    if net.layer and net.layers:
        raise ProtoError(
            f"{name}: both `layer` and the older `layers` are given: write every layer as"
            ' layer { type: "Convolution" ... }, with its type in quotes'
        )
    notes = []
    if needs_v0_upgrade(net):
        notes.append("layers in the first format (V0LayerParameter) were upgraded")
        notes += upgrade_v0_net(net, name)
    if _upgrade_data_transformation(net):
        notes.append("transformation fields of data layers were moved to transform_param")
    if net.layers:
        notes.append("`layers` (V1LayerParameter) were upgraded to `layer`")
        _upgrade_v1_net(net)
    if net.input:
        notes.append(_upgrade_input(net, name))
    fixed = _upgrade_batch_norm(net)
    if fixed:
        notes.append(f"lr_mult and decay_mult were set to 0 for the statistics of {', '.join(fixed)}")
    return notes


def upgrade_solver(solver: SolverParameter, name: str) -> list[str]:
    """Brings `solver`, with any nets written inside it, to today's format in place; notes each change.

    Caffe does not upgrade inner nets, so that old ones come out empty; here they are upgraded too. Raises
    `ProtoError`, its message beginning with `name`, where `type` and the older `solver_type` are both given.
    """
    notes = []
    if solver.HasField("solver_type"):
        if solver.HasField("type"):
            raise ProtoError(f"{name}: both `type` and the older `solver_type` are given: keep `type` only")
        solver.type = _SOLVER_TYPES[solver.solver_type]
        solver.ClearField("solver_type")
        notes.append(f'solver_type was upgraded to type: "{solver.type}"')
    for field in ("net_param", "train_net_param"):
        if solver.HasField(field):
            notes += upgrade_net(getattr(solver, field), f"{name}: {field}")
    for i, net in enumerate(solver.test_net_param):
        notes += upgrade_net(net, f"{name}: test_net_param {i}")
    return notes


def upgrade_snapshot_prefix(solver: SolverParameter, path: str | Path) -> list[str]:
    """Gives the solver read from `path` a snapshot_prefix: the file's name without its ending.

    A prefix that is a directory keeps its place and gets the name appended. Returns a note on each change.
    """
    if not solver.HasField("snapshot_prefix"):
        solver.snapshot_prefix = str(Path(path).with_suffix(""))
        return [f"snapshot_prefix was not given and is set to {solver.snapshot_prefix}"]
    if solver.snapshot_prefix and Path(solver.snapshot_prefix).is_dir():
        solver.snapshot_prefix = str(Path(solver.snapshot_prefix) / Path(path).stem)
        return [f"snapshot_prefix was a directory and is set to {solver.snapshot_prefix}"]
    return []


def _upgrade_data_transformation(net: NetParameter) -> bool:
    changed = False
    for layer in net.layers:
        if layer.type not in _V1_DATA_PARAMS:
            continue
        source = getattr(layer, _V1_DATA_PARAMS[layer.type])
        for field in _TRANSFORM_FIELDS:
            if source.HasField(field):
                setattr(layer.transform_param, field, getattr(source, field))
                source.ClearField(field)
                changed = True
    return changed


def _upgrade_v1_net(net: NetParameter) -> None:
    net.layer.extend(_upgrade_v1_layer(layer) for layer in net.layers)
    net.ClearField("layers")


def _upgrade_v1_layer(old: V1LayerParameter) -> LayerParameter:
    new = LayerParameter(
        bottom=old.bottom,
        top=old.top,
        blobs=old.blobs,
        loss_weight=old.loss_weight,
        include=old.include,
        exclude=old.exclude,
    )
    if old.HasField("name"):
        new.name = old.name
    if old.HasField("type"):
        new.type = _v1_type_name(old.type)
    _upgrade_v1_param_specs(old, new)
    for field, value in old.ListFields():
        if field.name.endswith("_param"):
            getattr(new, field.name).CopyFrom(value)
    return new


def _v1_type_name(old: V1LayerParameter.LayerType) -> str:
    name = V1LayerParameter.LayerType.Name(old)
    return _V1_TYPES.get(name, "".join(word.capitalize() for word in name.split("_")))


def _upgrade_v1_param_specs(old: V1LayerParameter, new: LayerParameter) -> None:
    count = max(len(old.param), len(old.blob_share_mode), len(old.blobs_lr), len(old.weight_decay))
    specs = [new.param.add() for _ in range(count)]
    for spec, shared_name in zip(specs, old.param, strict=False):
        spec.name = shared_name
    for spec, mode in zip(specs, old.blob_share_mode, strict=False):
        spec.share_mode = _SHARE_MODES[mode]
    for spec, lr_mult in zip(specs, old.blobs_lr, strict=False):
        spec.lr_mult = lr_mult
    for spec, decay_mult in zip(specs, old.weight_decay, strict=False):
        spec.decay_mult = decay_mult


def _upgrade_input(net: NetParameter, name: str) -> str:
    """Turns input fields into an Input layer in front; without sizes (old caffemodels) they are left out."""
    note = "input fields without sizes were left out"
    if net.input_shape or net.input_dim:
        note = "input fields were upgraded to an Input layer"
        layer = LayerParameter(name="input", type="Input", top=net.input)
        for shape in _input_shapes(net, name):
            layer.input_param.shape.add().dim.extend(shape)
        layers = [layer, *net.layer]
        net.ClearField("layer")
        net.layer.extend(layers)
    net.ClearField("input")
    net.ClearField("input_shape")
    net.ClearField("input_dim")
    return note


def _input_shapes(net: NetParameter, name: str) -> list[list[int]]:
    count = len(net.input)
    if net.input_shape:
        if len(net.input_shape) < count:
            raise ProtoError(f"{name}: {count} input, but {len(net.input_shape)} input_shape: give one each")
        return [list(shape.dim) for shape in net.input_shape[:count]]
    if len(net.input_dim) < 4 * count:
        raise ProtoError(f"{name}: {count} input, but {len(net.input_dim)} input_dim: give four each")
    return [list(net.input_dim[4 * i : 4 * i + 4]) for i in range(count)]


def _upgrade_batch_norm(net: NetParameter) -> list[str]:
    """Freezes the statistics of BatchNorm layers with three param specs; returns the layers that change.

    The statistics are blobs that the solver must not touch; their layer computes them.
    """
    changed = []
    for layer in net.layer:
        if layer.type != "BatchNorm" or len(layer.param) != 3:
            continue
        if any(spec.lr_mult or spec.decay_mult for spec in layer.param):
            changed.append(layer.name)
        for spec in layer.param:
            spec.lr_mult = 0
            spec.decay_mult = 0
    return changed
