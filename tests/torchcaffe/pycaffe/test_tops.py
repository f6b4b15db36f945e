"""What is written into the array of a top leaves its layer's bottoms alone, but where Caffe shares one memory."""

from collections.abc import Callable

import numpy as np
import pytest

import torchcaffe as caffe
from torchcaffe.layer_types import LAYERS

Build = Callable[..., caffe.Net]

# One item each, so that some channels are one piece of memory: images x and z, label or index t, vectors s and u.
SHAPES = {"x": (1, 4, 3, 5), "z": (1, 4, 3, 5), "t": (1,), "s": (1, 6), "u": (1, 6), "H": (6, 6)}
# Bottoms, tops, parameters: such that as much as can be of the top is the bottom's values.
CASES = {
    "AbsVal": [("x", "y", "")],
    "Accuracy": [("st", "y", "")],
    "ArgMax": [("x", "y", "")],
    "BNLL": [("x", "y", "")],
    "BatchNorm": [("x", "y", "batch_norm_param { use_global_stats: true }")],
    "BatchReindex": [("xt", "y", "")],
    "Bias": [("x", "y", ""), ("xz", "y", "bias_param { axis: 0 }")],
    "Clip": [("x", "y", "clip_param { min: -9 max: 9 }")],
    "Concat": [("x", "y", ""), ("xz", "y", "")],
    "ContrastiveLoss": [("sut", "y", "")],
    "Convolution": [("x", "y", "convolution_param { num_output: 4 kernel_size: 1 }")],
    "Crop": [("xz", "y", ""), ("xz", "y", "crop_param { axis: 1 }")],
    "Deconvolution": [("x", "y", "convolution_param { num_output: 4 kernel_size: 1 }")],
    "Dropout": [("x", "y", "")],
    "ELU": [("x", "y", "")],
    "Eltwise": [("xz", "y", ""), ("xz", "y", "eltwise_param { operation: MAX }")],
    "Embed": [("t", "y", "embed_param { num_output: 4 input_dim: 7 }")],
    "EuclideanLoss": [("xz", "y", "")],
    "Exp": [("x", "y", "")],
    "Filter": [("xt", "y", "")],
    "Flatten": [("x", "y", "")],
    "HingeLoss": [("st", "y", "")],
    "Im2col": [("x", "y", "convolution_param { kernel_size: 1 }")],
    "InfogainLoss": [("stH", "y", "")],
    "InnerProduct": [("x", "y", "inner_product_param { num_output: 4 }")],
    "LRN": [("x", "y", "")],
    "Log": [("x", "y", "")],
    "MVN": [("x", "y", "")],
    "MultinomialLogisticLoss": [("st", "y", "")],
    "PReLU": [("x", "y", "")],
    "Pooling": [
        ("x", "y", "pooling_param { kernel_size: 1 }"),
        ("x", "y", "pooling_param { pool: AVE kernel_size: 1 }"),
    ],
    "Power": [("x", "y", "")],
    "ReLU": [("x", "y", "")],
    "Reduction": [("x", "y", "reduction_param { axis: 3 }")],
    "Reshape": [("x", "y", "reshape_param { shape { dim: 0 dim: -1 } }")],
    "SPP": [("x", "y", "spp_param { pyramid_height: 1 }")],
    "Scale": [("x", "y", ""), ("xz", "y", "scale_param { axis: 0 }")],
    "Sigmoid": [("x", "y", "")],
    "SigmoidCrossEntropyLoss": [("xz", "y", "")],
    "Slice": [("x", "y", ""), ("x", "pq", ""), ("x", "pqr", "slice_param { slice_point: 1 slice_point: 2 }")],
    "Softmax": [("x", "y", "")],
    "SoftmaxWithLoss": [("st", "y", ""), ("st", "yp", "")],
    "Split": [("x", "pq", "")],
    "Swish": [("x", "y", "")],
    "TanH": [("x", "y", "")],
    "Threshold": [("x", "y", "")],
    "Tile": [("x", "y", "tile_param { tiles: 1 }")],
}
# No bottom; no top; a person's own.
OTHERS = {"Data", "DummyData", "HDF5Data", "ImageData", "Input", "MemoryData", "Parameter"}
OTHERS |= {"HDF5Output", "Silence", "Python"}
SHARED = {("Split", "pq"), ("Reshape", "y"), ("Flatten", "y"), ("Slice", "y")}


def test_every_layer_type_is_here() -> None:
    assert CASES.keys() | OTHERS == LAYERS.keys()
    assert not CASES.keys() & OTHERS


@pytest.mark.parametrize(
    ("kind", "bottoms", "tops", "param"), [(kind, *case) for kind, cases in CASES.items() for case in cases]
)
@pytest.mark.parametrize("phase", [caffe.TEST, caffe.TRAIN])
def test_writing_into_a_top(
    net_of: Build, kind: str, bottoms: str, tops: str, param: str, phase: int, memory: None
) -> None:
    inputs = "".join(
        f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ {dims(name)} }} }} }}'
        for name in bottoms
    )
    ends = " ".join([*(f'bottom: "{name}"' for name in bottoms), *(f'top: "{name}"' for name in tops)])
    net = net_of(f'{inputs} layer {{ name: "it" type: "{kind}" {ends} {param} }}', phase)
    given = {name: values(name, kind) for name in bottoms}
    net.forward(**given)
    for top in tops:
        net.blobs[top].data[...] = 77
    shared = (kind, tops) in SHARED
    assert [name for name in bottoms if (net.blobs[name].data != given[name]).any()] == (["x"] if shared else [])


def dims(name: str) -> str:
    return " ".join(f"dim: {size}" for size in SHAPES[name])


def values(name: str, kind: str) -> np.ndarray:
    if name == "t":
        return np.full(SHAPES[name], float(kind == "Filter"), np.float32)
    return np.random.default_rng(len(name)).uniform(0.1, 0.9, SHAPES[name]).astype(np.float32)
