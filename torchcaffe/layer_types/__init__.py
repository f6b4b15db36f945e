"""Caffe's layer types, one file each: the file is the type's name in snake case; `shared` has code that several use.

`LAYERS` maps a type to its module, so that a net imports only the layers it has. A name with dots is a module
of another package: Python layers need pycaffe, which this package does not import.
"""

from importlib import import_module

from torchcaffe.errors import NetError
from torchcaffe.layer_types.layer import Layer, Place
from torchcaffe.nearest import did_you_mean
from torchcaffe.proto import caffe_pb2

LAYERS: dict[str, str] = {
    "AbsVal": "abs_val",
    "Accuracy": "accuracy",
    "ArgMax": "arg_max",
    "BNLL": "bnll",
    "BatchNorm": "batch_norm",
    "BatchReindex": "batch_reindex",
    "Bias": "bias",
    "Clip": "clip",
    "Concat": "concat",
    "ContrastiveLoss": "contrastive_loss",
    "Convolution": "convolution",
    "Crop": "crop",
    "Data": "data",
    "Deconvolution": "deconvolution",
    "Dropout": "dropout",
    "DummyData": "dummy_data",
    "ELU": "elu",
    "Eltwise": "eltwise",
    "Embed": "embed",
    "EuclideanLoss": "euclidean_loss",
    "Exp": "exp",
    "Filter": "filter",
    "Flatten": "flatten",
    "HDF5Data": "hdf5_data",
    "HDF5Output": "hdf5_output",
    "HingeLoss": "hinge_loss",
    "Im2col": "im2col",
    "ImageData": "image_data",
    "InfogainLoss": "infogain_loss",
    "InnerProduct": "inner_product",
    "Input": "input",
    "LRN": "lrn",
    "Log": "log",
    "MVN": "mvn",
    "MemoryData": "memory_data",
    "MultinomialLogisticLoss": "multinomial_logistic_loss",
    "PReLU": "prelu",
    "Parameter": "parameter",
    "Pooling": "pooling",
    "Power": "power",
    "Python": "torchcaffe.pycaffe.python_layer",
    "ReLU": "relu",
    "Reduction": "reduction",
    "Reshape": "reshape",
    "SPP": "spp",
    "Scale": "scale",
    "Sigmoid": "sigmoid",
    "SigmoidCrossEntropyLoss": "sigmoid_cross_entropy_loss",
    "Silence": "silence",
    "Slice": "slice",
    "Softmax": "softmax",
    "SoftmaxWithLoss": "softmax_with_loss",
    "Split": "split",
    "Swish": "swish",
    "TanH": "tanh",
    "Threshold": "threshold",
    "Tile": "tile",
}
NOT_OFFERED = ("LSTM", "LSTMUnit", "RNN", "WindowData")
"""Caffe 1.0's other layer types."""


def layer_type_list() -> list[str]:
    """The layer types that nets may have."""
    return sorted(LAYERS)


def layer_class(layer_type: str) -> type[Layer]:
    """The class of a layer type; `NetError`, with the closest name, if there is no such type."""
    if layer_type not in LAYERS:
        raise NetError(f"{_why_unknown(layer_type)} Known types: {', '.join(layer_type_list())}")
    name = LAYERS[layer_type]
    module = import_module(name if "." in name else f"torchcaffe.layer_types.{name}")
    cls: type[Layer] = getattr(module, f"{layer_type}Layer")
    return cls


def create_layer(param: caffe_pb2.LayerParameter, place: Place) -> Layer:
    """A layer of the type that `param` names, not set up yet."""
    try:
        cls = layer_class(param.type)
    except NetError as error:
        raise NetError(f"layer '{param.name}': {error}") from None
    return cls(param, place)


def _why_unknown(layer_type: str) -> str:
    if not layer_type:
        return "it has no type."
    for other in NOT_OFFERED:
        if layer_type.casefold() == other.casefold():
            return f"Caffe 1.0 has the layer type '{other}', but torchcaffe does not offer it."
    return f"there is no layer type '{layer_type}'.{did_you_mean(layer_type, LAYERS)}"
