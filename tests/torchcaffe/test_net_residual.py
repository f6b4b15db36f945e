"""A residual net with option A's shortcut, on random images."""

import numpy as np
import pytest
import torch
from small_nets import build, fc

from torchcaffe.rng import set_random_seed


def convolution(name, bottom, num_output, stride=1):
    window = f"num_output: {num_output} kernel_size: 3 pad: 1 stride: {stride} bias_term: false"
    return (
        f'layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}" '
        f'convolution_param {{ {window} weight_filler {{ type: "msra" }} }} }}'
        f'layer {{ name: "{name}_bn" type: "BatchNorm" bottom: "{name}" top: "{name}" }}'
        f'layer {{ name: "{name}_scale" type: "Scale" bottom: "{name}" top: "{name}" '
        "scale_param { bias_term: true } }"
    )


def relu(blob):
    return f'layer {{ name: "{blob}_relu" type: "ReLU" bottom: "{blob}" top: "{blob}" }}'


RESNET = "".join(
    [
        'layer { name: "in" type: "Input" top: "x" top: "label" ',
        "input_param { shape { dim: 10 dim: 3 dim: 6 dim: 8 } shape { dim: 10 } } }",
        convolution("stem", "x", 4) + relu("stem"),
        convolution("a1", "stem", 4) + relu("a1") + convolution("a2", "a1", 4),
        'layer { name: "a" type: "Eltwise" bottom: "stem" bottom: "a2" top: "a" }' + relu("a"),
        convolution("b1", "a", 6, 2) + relu("b1") + convolution("b2", "b1", 6),
        'layer { name: "sub" type: "Convolution" bottom: "a" top: "sub" param { lr_mult: 0 decay_mult: 0 } ',
        "convolution_param { num_output: 4 group: 4 kernel_size: 1 stride: 2 bias_term: false ",
        'weight_filler { type: "constant" value: 1 } } }',
        'layer { name: "cut" type: "Slice" bottom: "sub" top: "some" top: "rest" slice_param { slice_point: 2 } }',
        'layer { name: "rest" type: "Silence" bottom: "rest" }',
        'layer { name: "zero" type: "Power" bottom: "some" top: "zero" power_param { scale: 0 } }',
        'layer { name: "shortcut" type: "Concat" bottom: "sub" bottom: "zero" top: "shortcut" }',
        'layer { name: "b" type: "Eltwise" bottom: "shortcut" bottom: "b2" top: "b" }' + relu("b"),
        'layer { name: "pool" type: "Pooling" bottom: "b" top: "pool" ',
        "pooling_param { pool: AVE global_pooling: true } }",
        fc("fc", "pool", num_output=5),
        'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }',
        'layer { name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "label" top: "accuracy" }',
    ]
)


def test_a_residual_net_learns():
    set_random_seed(3)
    net = build(RESNET, dtype=torch.float32)
    rng = np.random.default_rng(0)
    net.blob("x").data = torch.from_numpy(rng.normal(size=(10, 3, 6, 8)).astype(np.float32))
    net.blob("label").data = torch.arange(10, dtype=torch.float32) % 5
    losses = []
    for _ in range(30):
        losses.append(float(net.forward()))
        for param in net.params.learnable:
            param.blob.diff.zero_()
        net.backward()
        for param in net.params.learnable:
            param.blob.data.sub_(param.blob.diff, alpha=0.1 * (1 if param.lr_mult is None else param.lr_mult))
    assert losses[0] > 1.2
    assert losses[-1] < 0.3 * losses[0]
    assert float(net.blob("accuracy").data) == 1
    assert net.layer("sub").blobs[0].data.tolist() == [[[[1.0]]]] * 4
    factor = (1 - 0.999**30) / (1 - 0.999)
    assert float(net.layer("stem_bn").blobs[2].data) == pytest.approx(factor, rel=1e-5)


def test_gradients_of_a_residual_net_are_those_of_finite_differences():
    """Along one random direction of all params at once, in float64."""
    set_random_seed(3)
    net = build(RESNET)
    rng = np.random.default_rng(0)
    net.blob("x").data = torch.from_numpy(rng.normal(size=(10, 3, 6, 8)))
    net.blob("label").data = (torch.arange(10) % 5).double()
    net.forward()
    net.backward()
    params = [p.blob for p in net.params.learnable if p.lr_mult != 0]
    directions = [torch.from_numpy(rng.normal(size=blob.shape)) for blob in params]
    slope = sum(float((blob.diff * direction).sum()) for blob, direction in zip(params, directions, strict=True))
    values = []
    for step in (1e-6, -2e-6):
        for blob, direction in zip(params, directions, strict=True):
            blob.data.add_(direction, alpha=step)
        values.append(float(net.forward()))
    assert (values[0] - values[1]) / 2e-6 == pytest.approx(slope, rel=1e-5)
