"""Blobs that several layers read, params that several layers share, and layers in place, against the real Caffe."""

from collections.abc import Callable

import pytest
from engines import Case, labels, normal
from shorthand import COPY, FILL, OWN_MASK, SCALE, YY, X

pytestmark = pytest.mark.parity


def shared(kind: str, param: str, names: tuple[str, ...] = ("w", "b"), more: str = "") -> Case:
    """Two layers of a kind, on different blobs, with the same params."""
    specs = " ".join(f'param {{ name: "{name}" {more} }}' for name in names)
    layers = "".join(
        f'layer {{ name: "{bottom}{kind}" type: "{kind}" bottom: "{bottom}" top: "{top}" {specs} {param} }}\n'
        for bottom, top in (("x", "y"), ("z", "u"))
    )
    return Case(kind, "", {"x": normal(2, 6, 7, 5), "z": normal(2, 6, 7, 5)}, before=layers, random_params=False)


PRODUCT = f"inner_product_param {{ num_output: 4 {FILL} }}"
WINDOW = f"convolution_param {{ num_output: 4 kernel_size: 3 {FILL} }}"
# The second layer's weights, (3, 8), are the first one's, (4, 6), in another shape.
PERMISSIVE = f"""
layer {{ name: "first" type: "InnerProduct" bottom: "x" top: "y" param {{ name: "w" }}
  inner_product_param {{ num_output: 4 bias_term: false {FILL} }} }}
layer {{ name: "second" type: "InnerProduct" bottom: "z" top: "u" param {{ name: "w" share_mode: PERMISSIVE }}
  inner_product_param {{ num_output: 3 bias_term: false {FILL} }} }}
"""
# One layer owns what the other two use, one of them through a bias of its own.
OWN_BIAS = f"""
layer {{ name: "a" type: "Convolution" bottom: "x" top: "a" param {{ name: "w" }} param {{ name: "ab" }} {WINDOW} }}
layer {{ name: "b" type: "Convolution" bottom: "x" top: "b" param {{ name: "w" }} param {{ lr_mult: 2 }} {WINDOW} }}
layer {{ name: "c" type: "Convolution" bottom: "z" top: "c" param {{ name: "w" }} param {{ name: "ab" }} {WINDOW} }}
"""
# The blob before the ReLU in place, and the one after it, are each read twice.
FORK = f"""
layer {{ name: "conv" type: "Convolution" bottom: "x" top: "conv" {WINDOW} }}
layer {{ name: "copy" type: "Power" bottom: "conv" top: "relu" power_param {{ scale: 2 }} }}
layer {{ name: "relu" type: "ReLU" bottom: "relu" top: "relu" }}
layer {{ name: "left" type: "InnerProduct" bottom: "relu" top: "left" {PRODUCT} }}
layer {{ name: "right" type: "TanH" bottom: "relu" top: "right" }}
layer {{ name: "sum" type: "Eltwise" bottom: "conv" bottom: "right" top: "sum" }}
"""
LOSSES = f"""
layer {{ name: "scores" type: "InnerProduct" bottom: "x" top: "scores" inner_product_param {{ num_output: 5 {FILL} }} }}
layer {{ name: "softmax" type: "SoftmaxWithLoss" bottom: "scores" bottom: "label" top: "softmax" loss_weight: 0.3 }}
layer {{ name: "hinge" type: "HingeLoss" bottom: "scores" bottom: "label" top: "hinge" loss_weight: 2 }}
layer {{ name: "accuracy" type: "Accuracy" bottom: "scores" bottom: "label" top: "accuracy" }}
"""
CASES = {
    "inner product shared": shared("InnerProduct", PRODUCT),
    "inner product shared weights": shared("InnerProduct", PRODUCT, ("w",)),
    "inner product shared frozen": shared("InnerProduct", PRODUCT, more="lr_mult: 0"),
    "inner product shared permissively": Case(
        "InnerProduct", "", {"x": normal(2, 6), "z": normal(5, 8)}, before=PERMISSIVE, random_params=False
    ),
    "convolution shared": shared("Convolution", WINDOW),
    "convolution shared in part": Case(
        "Convolution", "", {"x": normal(2, 3, 5, 6), "z": normal(2, 3, 4, 7)}, before=OWN_BIAS, random_params=False
    ),
    "deconvolution shared": shared("Deconvolution", WINDOW),
    "scale shared": shared("Scale", f"scale_param {{ {SCALE} }}"),
    "bias shared": shared("Bias", 'bias_param { filler { type: "uniform" } }', ("b",)),
    "prelu shared by name": shared("PReLU", "", ("slope",)),
    "batch norm shared": shared("BatchNorm", "", ("mean", "var", "count"), "lr_mult: 0"),
    "blob read twice": Case("Split", "", {"x": normal(2, 3, 5, 6)}, before=FORK),
    "scores read thrice": Case("Split", "", {"x": normal(4, 6), "label": labels(5, 4)}, before=LOSSES, force=False),
    "bias in place": Case("Bias", f'{YY} bias_param {{ filler {{ type: "gaussian" }} }}', X, before=COPY),
    "dropout in place": Case(
        "Dropout", f"{YY} dropout_param {{ dropout_ratio: 0.3 }}", X, before=COPY, cpu_only=OWN_MASK
    ),
    "exp in place": Case("Exp", f"{YY} exp_param {{ base: 2 }}", X, before=COPY),
    "power in place": Case("Power", f"{YY} power_param {{ power: 3 shift: 2 }}", X, before=COPY, backward=False),
    "softmax in place": Case("Softmax", YY, X, before=COPY),
    "threshold in place": Case("Threshold", YY, X, before=COPY, backward=False),
}


@pytest.mark.parametrize("name", CASES)
def test_does_what_caffe_does(name: str, compare: Callable[[str], None]) -> None:
    compare(name)
