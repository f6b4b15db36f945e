"""Small nets against the real Caffe."""

from collections.abc import Callable
from pathlib import Path

import bounds
import pytest
from engines import Case, distance, given_arrays, labels, normal, results_of_real, run_torchcaffe

pytestmark = pytest.mark.parity


def unit(name: str, bottom: str, num_output: int, stride: int = 1, relu: bool = True) -> str:
    """Convolution, BatchNorm, Scale, and ReLU if wanted, in place."""
    window = f"num_output: {num_output} kernel_size: 3 pad: 1 stride: {stride} bias_term: false"
    statistics = "param { lr_mult: 0 decay_mult: 0 } " * 3
    text = (
        f'layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}" '
        f'convolution_param {{ {window} weight_filler {{ type: "msra" }} }} }}\n'
        f'layer {{ name: "{name}_bn" type: "BatchNorm" bottom: "{name}" top: "{name}" {statistics} }}\n'
        f'layer {{ name: "{name}_scale" type: "Scale" bottom: "{name}" top: "{name}" '
        "scale_param { bias_term: true } }\n"
    )
    return text + (f'layer {{ name: "{name}_relu" type: "ReLU" bottom: "{name}" top: "{name}" }}\n' if relu else "")


def scores(name: str, bottom: str, more: str = "") -> str:
    param = 'inner_product_param { num_output: 5 weight_filler { type: "xavier" } }'
    return f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{name}" {more} {param} }}\n'


NET_INPUTS = {"x": normal(6, 3, 8, 10), "label": labels(5, 6)}

# One residual module with the zero-padded shortcut in stock layers.
RESIDUAL = (
    unit("stem", "x", 4)
    + unit("b1", "stem", 6, 2)
    + unit("b2", "b1", 6, relu=False)
    + """
layer { name: "sub" type: "Convolution" bottom: "stem" top: "sub" param { lr_mult: 0 decay_mult: 0 }
  convolution_param { num_output: 4 group: 4 kernel_size: 1 stride: 2 bias_term: false
    weight_filler { type: "constant" value: 1 } } }
layer { name: "cut" type: "Slice" bottom: "sub" top: "some" top: "rest" slice_param { slice_point: 2 } }
layer { name: "silence" type: "Silence" bottom: "rest" }
layer { name: "zero" type: "Power" bottom: "some" top: "zero" power_param { scale: 0 } }
layer { name: "shortcut" type: "Concat" bottom: "sub" bottom: "zero" top: "shortcut" }
layer { name: "b" type: "Eltwise" bottom: "shortcut" bottom: "b2" top: "b" }
layer { name: "b_relu" type: "ReLU" bottom: "b" top: "b" }
layer { name: "pool" type: "Pooling" bottom: "b" top: "pool" pooling_param { pool: AVE global_pooling: true } }
"""
    + scores("fc", "pool")
    + """
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
layer { name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "label" top: "accuracy" }
"""
)

# Soft targets at temperature 3 from a frozen teacher, with weight 5, and a hint: -5 / 6 sum P_T log P_S.
DISTILLATION = (
    unit("s1", "x", 4)
    + scores("s", "s1")
    + unit("t1", "x", 4)
    .replace("scale_param", "param { lr_mult: 0 } param { lr_mult: 0 } scale_param")
    .replace('top: "t1" convolution', 'top: "t1" param { lr_mult: 0 } convolution')
    + scores("t", "t1", "param { lr_mult: 0 } param { lr_mult: 0 }")
    + """
layer { name: "s_tau" type: "Power" bottom: "s" top: "s_tau" power_param { scale: 0.33333334 } }
layer { name: "t_tau" type: "Power" bottom: "t" top: "t_tau" power_param { scale: 0.33333334 } }
layer { name: "s_p" type: "Softmax" bottom: "s_tau" top: "s_p" }
layer { name: "t_p" type: "Softmax" bottom: "t_tau" top: "t_p" }
layer { name: "s_log" type: "Log" bottom: "s_p" top: "s_log" }
layer { name: "product" type: "Eltwise" bottom: "t_p" bottom: "s_log" top: "product" eltwise_param { operation: PROD } }
layer { name: "soft" type: "Reduction" bottom: "product" top: "soft" loss_weight: 5
  reduction_param { coeff: -0.16666667 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "s" bottom: "label" top: "loss" }
layer { name: "hint" type: "EuclideanLoss" bottom: "s1" bottom: "t1" top: "hint" loss_weight: 0.001 }
"""
)

# Scales of images, of rows and of columns of which there are as many as channels, 6.
DRAWN = 'filler { type: "uniform" min: 0.5 max: 2 } bias_filler { type: "uniform" min: -1 max: 1 }'
SCALES = "".join(
    unit(f"s{axis}", "x", 6, relu=False).replace("scale_param {", f"scale_param {{ axis: {axis} {DRAWN}")
    + scores(f"fc{axis}", f"s{axis}")
    + f'layer {{ name: "loss{axis}" type: "SoftmaxWithLoss" bottom: "fc{axis}" bottom: "label" top: "loss{axis}" }}\n'
    for axis in (0, 2, 3, -1, -2, -3, -4)
)

CASES = {
    "net scales": Case(
        "net scales",
        "",
        {"x": normal(6, 3, 6, 6), "label": labels(5, 6)},
        force=False,
        random_params=False,
        before=SCALES,
    ),
    "net residual": Case("net residual", "", NET_INPUTS, force=False, repeat=2, random_params=False, before=RESIDUAL),
    "net distillation": Case("net distillation", "", NET_INPUTS, force=False, random_params=False, before=DISTILLATION),
}


@pytest.mark.parametrize("name", CASES)
def test_does_what_caffe_does(name: str, compare: Callable[[str], None]) -> None:
    compare(name)


def test_a_compiled_net_tells_scales_of_one_shape_apart(ran: Path) -> None:
    """Loss and gradients; the nets above run layer by layer."""
    case = CASES["net scales"]
    got, want = run_torchcaffe(case, ran, given_arrays(case, ran), fast=True), results_of_real(ran, "net scales")
    keys = [key for key in want if key.startswith(("diff", "loss", "data s", "data fc", "data loss"))]
    assert len(keys) > 7 * 6
    distances = {key: distance(got[key], want[key]) for key in keys}
    assert {key: value for key, value in distances.items() if value > bounds.LAYERS} == {}
