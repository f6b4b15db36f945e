"""The first layer format, `layers { layer { type: "conv" } }`, turned into the second.

The second is V1LayerParameter, `layers { type: CONVOLUTION }`.

Source: Caffe 1.0, `src/caffe/util/upgrade_proto.cpp` (UpgradeV0Net and what it calls).
"""

from torchcaffe.errors import ProtoError
from torchcaffe.proto.caffe_pb2 import NetParameter, PoolingParameter, V0LayerParameter, V1LayerParameter

_TYPES = {
    "accuracy": V1LayerParameter.ACCURACY,
    "bnll": V1LayerParameter.BNLL,
    "concat": V1LayerParameter.CONCAT,
    "conv": V1LayerParameter.CONVOLUTION,
    "data": V1LayerParameter.DATA,
    "dropout": V1LayerParameter.DROPOUT,
    "euclidean_loss": V1LayerParameter.EUCLIDEAN_LOSS,
    "flatten": V1LayerParameter.FLATTEN,
    "hdf5_data": V1LayerParameter.HDF5_DATA,
    "hdf5_output": V1LayerParameter.HDF5_OUTPUT,
    "im2col": V1LayerParameter.IM2COL,
    "images": V1LayerParameter.IMAGE_DATA,
    "infogain_loss": V1LayerParameter.INFOGAIN_LOSS,
    "innerproduct": V1LayerParameter.INNER_PRODUCT,
    "lrn": V1LayerParameter.LRN,
    "multinomial_logistic_loss": V1LayerParameter.MULTINOMIAL_LOGISTIC_LOSS,
    "pool": V1LayerParameter.POOLING,
    "relu": V1LayerParameter.RELU,
    "sigmoid": V1LayerParameter.SIGMOID,
    "softmax": V1LayerParameter.SOFTMAX,
    "softmax_loss": V1LayerParameter.SOFTMAX_LOSS,
    "split": V1LayerParameter.SPLIT,
    "tanh": V1LayerParameter.TANH,
    "window_data": V1LayerParameter.WINDOW_DATA,
}

_CONV, _INNER, _POOL, _LRN = "convolution_param", "inner_product_param", "pooling_param", "lrn_param"
_DATA, _IMAGES, _WINDOW, _HDF5 = "data_param", "image_data_param", "window_data_param", "hdf5_data_param"

# Old field -> new name and, for each old type that has it, the message that takes it.
_FIELDS = {
    "num_output": ("num_output", {"conv": _CONV, "innerproduct": _INNER}),
    "biasterm": ("bias_term", {"conv": _CONV, "innerproduct": _INNER}),
    "weight_filler": ("weight_filler", {"conv": _CONV, "innerproduct": _INNER}),
    "bias_filler": ("bias_filler", {"conv": _CONV, "innerproduct": _INNER}),
    "pad": ("pad", {"conv": _CONV, "pool": _POOL}),
    "kernelsize": ("kernel_size", {"conv": _CONV, "pool": _POOL}),
    "group": ("group", {"conv": _CONV}),
    "stride": ("stride", {"conv": _CONV, "pool": _POOL}),
    "pool": ("pool", {"pool": _POOL}),
    "dropout_ratio": ("dropout_ratio", {"dropout": "dropout_param"}),
    "local_size": ("local_size", {"lrn": _LRN}),
    "alpha": ("alpha", {"lrn": _LRN}),
    "beta": ("beta", {"lrn": _LRN}),
    "k": ("k", {"lrn": _LRN}),
    "source": (
        "source",
        {
            "data": _DATA,
            "hdf5_data": _HDF5,
            "images": _IMAGES,
            "window_data": _WINDOW,
            "infogain_loss": "infogain_loss_param",
        },
    ),
    "batchsize": (
        "batch_size",
        {"data": _DATA, "hdf5_data": _HDF5, "images": _IMAGES, "window_data": _WINDOW},
    ),
    "rand_skip": ("rand_skip", {"data": _DATA, "images": _IMAGES}),
    "shuffle_images": ("shuffle", {"images": _IMAGES}),
    "new_height": ("new_height", {"images": _IMAGES}),
    "new_width": ("new_width", {"images": _IMAGES}),
    "concat_dim": ("concat_dim", {"concat": "concat_param"}),
    "det_fg_threshold": ("fg_threshold", {"window_data": _WINDOW}),
    "det_bg_threshold": ("bg_threshold", {"window_data": _WINDOW}),
    "det_fg_fraction": ("fg_fraction", {"window_data": _WINDOW}),
    "det_context_pad": ("context_pad", {"window_data": _WINDOW}),
    "det_crop_mode": ("crop_mode", {"window_data": _WINDOW}),
    "hdf5_output_param": ("", {"hdf5_output": "hdf5_output_param"}),
}
# Fields that move to transform_param in a layer of any type.
_TRANSFORM_FIELDS = {"scale": "scale", "meanfile": "mean_file", "cropsize": "crop_size", "mirror": "mirror"}
# Fields that Caffe 1.0 ignores silently: the layer's own, and sizes of a layer type that it no longer has.
_HANDLED = {"name", "type", "blobs", "blobs_lr", "weight_decay", "new_num", "new_channels"}


def needs_v0_upgrade(net: NetParameter) -> bool:
    """Whether some layer is written in the first format."""
    return any(layer.HasField("layer") for layer in net.layers)


def upgrade_v0_net(net: NetParameter, name: str) -> list[str]:
    """Rewrites `net` in place in the second format; returns notes on fields that had to be left out.

    Of the net's own fields only name, input, input_dim and force_backward stay, as in Caffe. Padding layers
    become the pad of the convolution or pooling layers that they feed. Raises `ProtoError` for an unknown
    type, for layers of both formats in one net and for a padding layer that feeds anything else.
    """
    for layer in net.layers:
        if not layer.HasField("layer"):
            raise ProtoError(
                f'{name}: layer "{layer.name}" is in a newer format than other layers: write all of them as'
                ' layer { type: "Convolution" ... }'
            )
    notes: list[str] = []
    layers = [_upgrade_layer(layer, name, notes) for layer in _without_padding_layers(net, name)]
    for field, _ in net.ListFields():
        if field.name not in ("name", "input", "input_dim", "force_backward"):
            net.ClearField(field.name)
    net.layers.extend(layers)
    return notes


def _without_padding_layers(net: NetParameter, name: str) -> list[V1LayerParameter]:
    """Returns copies of the layers other than padding layers, which hand their pad on to their consumers."""
    source: dict[str, V1LayerParameter | None] = dict.fromkeys(net.input)
    kept = []
    for original in net.layers:
        layer = V1LayerParameter()
        layer.CopyFrom(original)
        for i, bottom in enumerate(original.bottom):
            if bottom not in source:
                reader = layer.layer.name
                raise ProtoError(f'{name}: layer "{reader}" reads "{bottom}", which no layer before it makes')
            padding = source[bottom]
            if padding is not None and padding.layer.type == "padding":
                _check_padding(padding, layer, name)
                layer.layer.pad = padding.layer.pad
                layer.bottom[i] = padding.bottom[0]
        source.update(dict.fromkeys(original.top, original))
        if layer.layer.type != "padding":
            kept.append(layer)
    return kept


def _check_padding(padding: V1LayerParameter, consumer: V1LayerParameter, name: str) -> None:
    where = f'{name}: padding layer "{padding.layer.name}"'
    if consumer.layer.type not in ("conv", "pool") or len(consumer.bottom) != 1:
        raise ProtoError(
            f'{where} feeds "{consumer.layer.name}", of type "{consumer.layer.type}" and with'
            f" {len(consumer.bottom)} bottoms; it can feed a conv or pool layer with one bottom"
        )
    if len(padding.bottom) != 1 or len(padding.top) != 1:
        raise ProtoError(f"{where} has {len(padding.bottom)} bottoms and {len(padding.top)} tops; it takes one of each")


def _upgrade_layer(old: V1LayerParameter, name: str, notes: list[str]) -> V1LayerParameter:
    v0 = old.layer
    new = V1LayerParameter(
        bottom=old.bottom, top=old.top, blobs=v0.blobs, blobs_lr=v0.blobs_lr, weight_decay=v0.weight_decay
    )
    if v0.HasField("name"):
        new.name = v0.name
    if v0.HasField("type"):
        if v0.type not in _TYPES:
            raise ProtoError(f'{name}: layer "{v0.name}" has the unknown type "{v0.type}"')
        new.type = _TYPES[v0.type]
    for field, _ in v0.ListFields():
        if field.name in _TRANSFORM_FIELDS:
            setattr(new.transform_param, _TRANSFORM_FIELDS[field.name], getattr(v0, field.name))
        elif field.name not in _HANDLED and not _move(v0, field.name, new):
            notes.append(f'layer "{v0.name}": {field.name}, unknown to type "{v0.type}", was left out')
    return new


def _move(v0: V0LayerParameter, field: str, new: V1LayerParameter) -> bool:
    """Copies one field to where its layer type has it now; returns whether the type has it."""
    target_field, owners = _FIELDS[field]
    if v0.type not in owners:
        return False
    owner = getattr(new, owners[v0.type])
    value = getattr(v0, field)
    if field == "pool":
        owner.pool = PoolingParameter.PoolMethod.Value(V0LayerParameter.PoolMethod.Name(value))
    elif not target_field:
        owner.CopyFrom(value)
    elif field in ("weight_filler", "bias_filler"):
        getattr(owner, target_field).CopyFrom(value)
    elif owners[v0.type] == _CONV and target_field in ("pad", "kernel_size", "stride"):
        getattr(owner, target_field).append(value)
    else:
        setattr(owner, target_field, value)
    return True
