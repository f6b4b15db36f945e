"""Layer types of other nets, each alone, against the real Caffe."""

from collections.abc import Callable

import pytest
from engines import Case, fixed, labels, normal, positive, wide
from shorthand import COPY, PARAMETER, SCALED, SIGMOID_LOSS, XY, YY, X, loss, neuron, two

pytestmark = pytest.mark.parity


def infogain(scores: str, more: str = "", tops: str = 'top: "loss"', **keywords: object) -> Case:
    """Caffe 1.0's InfogainLoss takes scores, and its second top is probabilities.

    The one of `make caffe`'s source is older and takes the probabilities, so it gets a Softmax in front. It knows no
    axis, ignored label or normalization, so those are not compared.
    """
    text = f'bottom: "{scores}" bottom: "label" {more}'
    there = f"""
layer {{ name: "softmax" type: "Softmax" bottom: "{scores}" top: "p" }}
layer {{ name: "l" type: "InfogainLoss" top: "loss" {text.replace(f'"{scores}"', '"p"')} }}
"""
    inputs = {"x": normal(4, 5), "label": labels(5, 4), "matrix": normal(1, 1, 5, 5)}
    return Case("InfogainLoss", f"{tops} {text}", inputs, there=there, **keywords)


# Forced to make gradients, Caffe would make one for the matrix too, and refuse. A param as large as the scores shows
# theirs.
ELEMENTS = 'layer { name: "scale" type: "Scale" bottom: "x" top: "y" scale_param { axis: 0 num_axes: -1 } }'

CASES = {
    "abs val": neuron("AbsVal"),
    "bnll": neuron("BNLL"),
    "bnll wide": neuron("BNLL", draw=wide(2, 3, 4, 5)),
    "elu": neuron("ELU", "elu_param { alpha: 0.7 }"),
    "elu in place": Case("ELU", YY, X, before=COPY),
    "sigmoid": neuron("Sigmoid"),
    "sigmoid wide": neuron("Sigmoid", draw=wide(2, 3, 4, 5)),
    "sigmoid in place": Case("Sigmoid", YY, X, before=COPY),
    "tanh": neuron("TanH"),
    "tanh in place": Case("TanH", YY, X, before=COPY),
    "prelu": neuron("PReLU", 'prelu_param { filler { type: "uniform" } }'),
    "prelu shared": neuron("PReLU", "prelu_param { channel_shared: true }"),
    "prelu in place": Case("PReLU", YY, X, before=COPY),
    "prelu default": neuron("PReLU", draw=normal(5, 3), random_params=False),
    "threshold": neuron("Threshold", "threshold_param { threshold: 0.2 }", backward=False),
    "lrn": neuron("LRN", "lrn_param { local_size: 3 alpha: 0.5 beta: 0.6 k: 2 }"),
    "lrn within": neuron("LRN", "lrn_param { local_size: 3 alpha: 0.5 norm_region: WITHIN_CHANNEL }"),
    "lrn window beyond": neuron("LRN", "lrn_param { local_size: 7 alpha: 0.5 }", normal(2, 3, 5, 4)),
    "lrn within wide": neuron(
        "LRN", "lrn_param { local_size: 5 alpha: 2 k: 9 norm_region: WITHIN_CHANNEL }", normal(2, 3, 5, 4)
    ),
    "mvn": neuron("MVN"),
    "mvn across eps": neuron("MVN", "mvn_param { across_channels: true eps: 0.3 }"),
    "mvn three axes": neuron("MVN", draw=normal(2, 3, 5)),
    "mvn mean only": neuron("MVN", "mvn_param { normalize_variance: false across_channels: true }"),
    "tile batch": neuron("Tile", "tile_param { axis: 0 tiles: 2 }"),
    "tile": neuron("Tile", "tile_param { axis: 1 tiles: 3 }"),
    "im2col": neuron("Im2col", "convolution_param { kernel_size: 3 pad: 1 stride: 2 dilation: 1 }"),
    "im2col oblong": neuron(
        "Im2col", "convolution_param { kernel_h: 3 kernel_w: 2 stride_h: 1 stride_w: 2 pad_h: 2 pad_w: 1 }"
    ),
    "im2col dilation": neuron("Im2col", "convolution_param { kernel_size: 2 dilation: 2 force_nd_im2col: true }"),
    "im2col 3d": neuron("Im2col", "convolution_param { kernel_size: 2 pad: 1 stride: 2 }", normal(2, 2, 3, 4, 5)),
    "arg max values": neuron("ArgMax", "argmax_param { top_k: 4 out_max_val: true }", backward=False),
    "arg max of equals": neuron("ArgMax", "argmax_param { top_k: 4 }", labels(3, 5, 7), backward=False),
    "arg max": neuron("ArgMax", "argmax_param { top_k: 2 }", backward=False),
    "arg max axis": neuron("ArgMax", "argmax_param { axis: 1 out_max_val: true }", backward=False),
    "embed": Case(
        "Embed",
        XY
        + "loss_weight: 1 embed_param { num_output: 4 input_dim: 6 "
        + 'weight_filler { type: "uniform" } bias_filler { type: "uniform" } }',
        {"x": labels(6, 3, 5)},
        force=False,
    ),
    "embed no bias": Case(
        "Embed",
        XY
        + "loss_weight: 1 embed_param { num_output: 4 input_dim: 6 bias_term: false "
        + 'weight_filler { type: "uniform" } }',
        {"x": labels(6, 7)},
        force=False,
    ),
    "crop": Case(
        "Crop",
        'bottom: "x" bottom: "z" top: "y" crop_param { axis: 2 offset: 1 offset: 2 }',
        {"x": normal(2, 3, 6, 7), "z": normal(2, 3, 4, 5)},
    ),
    "crop one offset": two("Crop", "offset: 1", 7, 6, 3, 4),
    "crop each offset": two("Crop", "axis: 1 offset: 1 offset: 0 offset: 2", 7, 2, 3, 2),
    "crop last axis": two("Crop", "axis: -1", 7, 6, 8, 4),
    "parameter": Case("Parameter", "", force=False, before=PARAMETER),
    "spp ave": neuron("SPP", "spp_param { pyramid_height: 3 pool: AVE }", normal(2, 3, 9, 8)),
    "spp one level": neuron("SPP", "spp_param { pyramid_height: 1 }", normal(2, 3, 7, 8)),
    "spp": neuron("SPP", "spp_param { pyramid_height: 2 }", normal(2, 3, 7, 8)),
    "hinge": loss("HingeLoss", "", x=normal(4, 5), label=labels(5, 4)),
    "hinge squared": loss("HingeLoss", "hinge_loss_param { norm: L2 }", x=normal(4, 5), label=labels(5, 4)),
    "contrastive": loss(
        "ContrastiveLoss",
        "contrastive_loss_param { margin: 3 }",
        a=normal(6, 5),
        b=normal(6, 5),
        similar=labels(2, 6),
    ),
    "contrastive legacy": loss(
        "ContrastiveLoss",
        "loss_weight: 0.5 contrastive_loss_param { margin: 9 legacy_version: true }",
        "in the gradient of a dissimilar pair Caffe's GPU code leaves out the factor a - b",
        a=normal(6, 5, 1, 1),
        b=normal(6, 5, 1, 1),
        similar=labels(2, 6, 1, 1),
    ),
    "sigmoid cross entropy wide": loss(
        "SigmoidCrossEntropyLoss", "loss_weight: 2", x=wide(3, 4, 5), t=lambda rng: rng.uniform(size=(3, 4, 5))
    ),
    "multinomial of zero": loss("MultinomialLogisticLoss", "", x=fixed([0, 1], [0.25, 0.75]), label=fixed(0, 1)),
    "sigmoid cross entropy": loss("SigmoidCrossEntropyLoss", "", **SIGMOID_LOSS),
    "multinomial": loss("MultinomialLogisticLoss", "", x=positive(4, 5), label=labels(5, 4)),
    "infogain": infogain("y", 'bottom: "matrix"', before=ELEMENTS, force=False),
    "infogain probabilities": infogain("y", 'bottom: "matrix"', 'top: "loss" top: "p"', before=ELEMENTS, force=False),
    "infogain weighted": infogain("y", 'bottom: "matrix" loss_weight: 0.4', before=ELEMENTS, force=False),
    "infogain file": infogain("x", 'infogain_loss_param { source: "@folder@/matrix.binaryproto" }'),
    "python": neuron("Python", 'python_param { module: "python_layer" layer: "ScaledSum" param_str: "2.5" }'),
    "batch reindex": Case(
        "BatchReindex",
        'bottom: "y" bottom: "i" top: "z" loss_weight: 1',
        {"x": normal(3, 4, 5), "i": fixed(2, 0, 2, 1, 0)},
        force=False,
        before=SCALED,
    ),
    "filter": Case(
        "Filter",
        'bottom: "y" bottom: "s" top: "z" loss_weight: 1',
        {"x": normal(5, 3, 4), "s": fixed(1, 0, 1, 1, 0)},
        force=False,
        before=SCALED,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_does_what_caffe_does(name: str, compare: Callable[[str], None]) -> None:
    compare(name)
