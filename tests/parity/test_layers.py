"""Layer types of the paper's nets and of common ones, each alone, against the real Caffe."""

from collections.abc import Callable

import pytest
from engines import Case, labels, normal, positive
from shorthand import (
    COPY,
    FILL,
    OWN_MASK,
    SCALE,
    XY,
    YY,
    X,
    accuracy,
    bn,
    conv,
    deconv,
    eltwise,
    loss,
    neuron,
    pool,
    softmax_loss,
    two,
)

pytestmark = pytest.mark.parity

CASES = {
    "conv": conv("kernel_size: 3"),
    "conv pad stride": conv("kernel_size: 3 pad: 1 stride: 2"),
    "conv oblong": conv("kernel_h: 3 kernel_w: 2 stride_h: 1 stride_w: 3 pad_h: 2 pad_w: 1"),
    "conv dilation": conv("kernel_size: 2 dilation: 2 pad: 1"),
    "conv group": conv("kernel_size: 3 group: 2 pad: 1"),
    "conv 1x1 no bias": conv("kernel_size: 1 bias_term: false"),
    "conv filled": conv("kernel_size: 3", random_params=False),
    "conv msra": Case(
        "Convolution",
        XY + 'convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "msra" } }',
        X,
        random_params=False,
    ),
    "conv 1d": neuron(
        "Convolution", f"convolution_param {{ num_output: 4 {FILL} kernel_size: 3 pad: 1 }}", normal(2, 3, 7)
    ),
    "conv 3d": neuron(
        "Convolution", f"convolution_param {{ num_output: 4 {FILL} kernel_size: 2 }}", normal(2, 3, 4, 5, 6)
    ),
    "conv axis": neuron(
        "Convolution", f"convolution_param {{ num_output: 4 {FILL} kernel_size: 2 axis: 2 }}", normal(2, 3, 4, 5)
    ),
    "conv two bottoms": Case(
        "Convolution",
        f'bottom: "x" bottom: "z" top: "y" top: "u" convolution_param {{ num_output: 4 {FILL} kernel_size: 2 }}',
        {"x": normal(2, 3, 4, 5), "z": normal(2, 3, 4, 5)},
    ),
    "deconv": deconv("kernel_size: 3 stride: 2 pad: 1"),
    "deconv group": deconv("kernel_size: 3 stride: 2 group: 2 dilation: 2"),
    "deconv oblong": deconv("kernel_h: 3 kernel_w: 2 stride_h: 1 stride_w: 3 pad_h: 0 pad_w: 1 bias_term: false"),
    "deconv two bottoms": Case(
        "Deconvolution",
        f'bottom: "x" bottom: "z" top: "y" top: "u" convolution_param {{ num_output: 2 {FILL} kernel_size: 3 }}',
        {"x": normal(2, 3, 4, 5), "z": normal(2, 3, 4, 5)},
    ),
    "batch norm train": bn("", repeat=3),
    "batch norm fraction": bn("moving_average_fraction: 0.7 eps: 0.01", repeat=3),
    "batch norm test": bn("", phase="TEST", random_params=False),
    "batch norm global": bn("use_global_stats: true", before=""),
    "batch norm test batch": bn("use_global_stats: false", phase="TEST", repeat=2),
    "batch norm in place": Case("BatchNorm", YY, X, before=COPY, repeat=2),
    "batch norm (N, C)": neuron("BatchNorm", "", normal(5, 3), repeat=2),
    "scale": neuron("Scale", f"scale_param {{ {SCALE} }}"),
    "scale two axes": neuron("Scale", f"scale_param {{ {SCALE} axis: 1 num_axes: 2 }}"),
    "scale whole": neuron("Scale", f"scale_param {{ {SCALE} axis: 0 num_axes: -1 }}"),
    "scale number": neuron("Scale", f"scale_param {{ {SCALE} num_axes: 0 }}"),
    "scale last": neuron("Scale", f"scale_param {{ {SCALE} axis: -1 }}"),
    "scale default": neuron("Scale", random_params=False),
    "scale in place": Case("Scale", f"{YY} scale_param {{ {SCALE} }}", X, before=COPY),
    "scale by bottom": two("Scale", "axis: 1 bias_term: true", 3, 4),
    "scale by batch": two("Scale", "axis: 0", 2),
    "bias": neuron("Bias", 'bias_param { filler { type: "gaussian" } }'),
    "bias by bottom": two("Bias", "axis: 1", 3, 4),
    "relu": neuron("ReLU"),
    "relu leaky": neuron("ReLU", "relu_param { negative_slope: 0.1 }"),
    "relu in place": Case("ReLU", YY, X, before=COPY),
    "eltwise sum": eltwise(""),
    "eltwise coeff": eltwise("coeff: 2 coeff: -0.5 coeff: 1"),
    "eltwise prod": eltwise("operation: PROD"),
    "eltwise prod unstable": eltwise("operation: PROD stable_prod_grad: false"),
    "eltwise max": eltwise("operation: MAX"),
    "pool max": pool("kernel_size: 2 stride: 2"),
    "pool max pad": pool("kernel_size: 3 stride: 2 pad: 1"),
    "pool max clipped": pool("kernel_size: 2 stride: 2 pad: 1"),
    "pool max mask": pool("kernel_size: 3 stride: 2 pad: 1", 'top: "y" top: "mask"'),
    "pool max oblong": pool("kernel_h: 2 kernel_w: 4 stride_h: 3 stride_w: 1 pad_h: 0 pad_w: 2"),
    "pool max empty window": pool("kernel_size: 1 stride: 3", backward=False),
    "pool ave": pool("pool: AVE kernel_size: 2 stride: 2"),
    "pool ave pad": pool("pool: AVE kernel_size: 3 stride: 2 pad: 1"),
    "pool ave clipped": pool("pool: AVE kernel_size: 2 stride: 2 pad: 1"),
    "pool ave wide pad": pool("pool: AVE kernel_size: 3 stride: 3 pad: 2"),
    "pool ave global": pool("pool: AVE global_pooling: true"),
    "pool max global": pool("global_pooling: true"),
    "pool ave large": pool("pool: AVE kernel_size: 8 stride: 9"),
    "inner product": neuron("InnerProduct", f"inner_product_param {{ num_output: 4 {FILL} }}"),
    "inner product xavier": neuron(
        "InnerProduct",
        'inner_product_param { num_output: 4 weight_filler { type: "xavier" } }',
        random_params=False,
    ),
    "inner product axis": neuron("InnerProduct", f"inner_product_param {{ num_output: 4 {FILL} axis: 2 }}"),
    "inner product transpose": neuron(
        "InnerProduct", f"inner_product_param {{ num_output: 4 {FILL} transpose: true bias_term: false }}"
    ),
    "softmax": neuron("Softmax"),
    "softmax axis": neuron("Softmax", "softmax_param { axis: -1 }"),
    "softmax loss": softmax_loss(""),
    "softmax loss full": softmax_loss("loss_param { normalization: FULL ignore_label: 0 }"),
    "softmax loss valid": softmax_loss("loss_param { ignore_label: 0 }"),
    "softmax loss batch": softmax_loss("loss_param { normalization: BATCH_SIZE } loss_weight: 3"),
    "softmax loss none": softmax_loss("loss_param { normalization: NONE ignore_label: 2 }"),
    "softmax loss old": softmax_loss("loss_param { normalize: false }"),
    "softmax loss axis": Case(
        "SoftmaxWithLoss",
        'bottom: "x" bottom: "label" top: "loss" softmax_param { axis: -1 }',
        {"x": normal(3, 4, 5), "label": labels(5, 3, 4)},
    ),
    "accuracy": accuracy(""),
    "accuracy top 2": accuracy("top_k: 2"),
    "accuracy ignore": accuracy("ignore_label: 1"),
    "accuracy by class": accuracy("top_k: 2", 'top: "acc" top: "each"'),
    "euclidean": loss("EuclideanLoss", "loss_weight: 0.5", a=normal(3, 2, 4, 5), b=normal(3, 2, 4, 5)),
    "log": neuron("Log", draw=positive(2, 3, 4)),
    "log base": neuron("Log", "log_param { base: 10 scale: 4 shift: 0.5 }", positive(2, 3, 4)),
    "exp": neuron("Exp"),
    "exp base": neuron("Exp", "exp_param { base: 3 scale: -0.5 shift: 2 }"),
    "power": neuron("Power", "power_param { power: 1.5 scale: 2 shift: 1 }", positive(2, 3, 4)),
    "power square": neuron("Power", "power_param { power: 2 scale: 0.5 shift: 1.5 }"),
    "power no shift": neuron("Power", "power_param { power: 3 scale: 0.5 }"),
    "power linear": neuron("Power", "power_param { scale: 0.3333333 shift: 1 }"),
    "power zero": neuron("Power", "power_param { scale: 0 }"),
    "power constant": neuron("Power", "power_param { power: 3 scale: 0 shift: 2 }"),
    "reduction": neuron("Reduction"),
    "reduction mean": neuron("Reduction", "reduction_param { operation: MEAN axis: 1 coeff: 3 }"),
    "reduction asum": neuron("Reduction", "reduction_param { operation: ASUM axis: 2 }"),
    "reduction sumsq": neuron("Reduction", "reduction_param { operation: SUMSQ axis: -1 coeff: -0.5 }"),
    "concat": Case("Concat", 'bottom: "a" bottom: "b" top: "y"', {"a": normal(2, 3, 4, 5), "b": normal(2, 6, 4, 5)}),
    "concat axis": Case(
        "Concat",
        'bottom: "a" bottom: "b" top: "y" concat_param { axis: 0 }',
        {"a": normal(2, 3, 4), "b": normal(5, 3, 4)},
    ),
    "slice": Case("Slice", 'bottom: "x" top: "p" top: "q" top: "r"', X),
    "slice points": Case(
        "Slice", 'bottom: "x" top: "p" top: "q" top: "r" slice_param { axis: 2 slice_point: 1 slice_point: 4 }', X
    ),
    "split": Case("Split", 'bottom: "x" top: "p" top: "q" top: "r"', X),
    "silence": Case("Silence", 'bottom: "x"', X),
    "flatten": neuron("Flatten"),
    "flatten axes": neuron("Flatten", "flatten_param { axis: 0 end_axis: 2 }"),
    "reshape": neuron("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 7 } }"),
    "reshape axes": neuron("Reshape", "reshape_param { shape { dim: 3 dim: -1 } axis: 1 num_axes: 2 }"),
    "dropout": neuron("Dropout", "dropout_param { dropout_ratio: 0.3 }", repeat=2, cpu_only=OWN_MASK),
    "dropout test": neuron("Dropout", phase="TEST"),
}


@pytest.mark.parametrize("name", CASES)
def test_does_what_caffe_does(name: str, compare: Callable[[str], None]) -> None:
    compare(name)
