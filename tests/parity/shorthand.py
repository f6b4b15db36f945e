"""Short ways to write cases."""

from engines import Case, Draw, labels, normal

XY = 'bottom: "x" top: "y" '
X = {"x": normal(2, 6, 7, 5)}
FILL = 'weight_filler { type: "gaussian" std: 0.5 } bias_filler { type: "uniform" min: -1 } '
SCALED = 'layer { name: "scale" type: "Scale" bottom: "x" top: "y" }'
COPY = 'layer { name: "copy" type: "Power" bottom: "x" top: "y" }'
YY = 'bottom: "y" top: "y" '


def conv(param: str, **more: object) -> Case:
    return Case("Convolution", f"{XY} convolution_param {{ num_output: 4 {FILL} {param} }}", X, **more)


def deconv(param: str) -> Case:
    return Case("Deconvolution", f"{XY} convolution_param {{ num_output: 4 {FILL} {param} }}", X)


def bn(param: str, **more: object) -> Case:
    return Case("BatchNorm", f"{XY} batch_norm_param {{ {param} }}", X, **more)


def pool(param: str, tops: str = 'top: "y"', **more: object) -> Case:
    return Case("Pooling", f'bottom: "x" {tops} pooling_param {{ {param} }}', X, **more)


def neuron(kind: str, param: str = "", draw: Draw = X["x"], **more: object) -> Case:
    return Case(kind, XY + param, {"x": draw}, **more)


def loss(kind: str, param: str, cpu_only: str = "", **inputs: Draw) -> Case:
    text = " ".join(f'bottom: "{name}"' for name in inputs) + f' top: "loss" {param}'
    return Case(kind, text, inputs, cpu_only=cpu_only)


def softmax_loss(param: str, tops: str = 'top: "loss"') -> Case:
    scores = {"x": normal(3, 5, 4), "label": labels(5, 3, 4)}
    return Case("SoftmaxWithLoss", f'bottom: "x" bottom: "label" {tops} {param}', scores)


def accuracy(param: str, tops: str = 'top: "acc"') -> Case:
    scores = {"x": normal(3, 5, 4), "label": labels(5, 3, 4)}
    text = f'bottom: "x" bottom: "label" {tops} accuracy_param {{ {param} }}'
    return Case("Accuracy", text, scores, backward=False)


def eltwise(param: str) -> Case:
    text = f'bottom: "a" bottom: "b" bottom: "c" top: "y" eltwise_param {{ {param} }}'
    return Case("Eltwise", text, {name: normal(2, 3, 4, 5) for name in "abc"})


def two(kind: str, param: str, *shape: int) -> Case:
    text = f'bottom: "x" bottom: "s" top: "y" {kind.lower()}_param {{ {param} }}'
    return Case(kind, text, {"x": normal(2, 3, 4, 5), "s": normal(*shape)})


SCALE = 'filler { type: "gaussian" } bias_term: true bias_filler { type: "gaussian" } '
PARAMETER = """
layer { name: "l" type: "Parameter" top: "y" parameter_param { shape { dim: 3 dim: 2 } } }
layer { name: "sum" type: "Reduction" bottom: "y" top: "z" loss_weight: 2 reduction_param { operation: SUMSQ } }
"""
OWN_MASK = "Caffe draws the mask by cuRAND on a GPU, and no other library draws those numbers"
SIGMOID_LOSS = {"x": normal(3, 5), "t": lambda rng: rng.integers(2, size=(3, 5))}
