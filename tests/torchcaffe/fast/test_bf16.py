"""bf16: what is rounded, what is not, and how far that takes a net from float32."""

from collections.abc import Iterator

import pytest
import torch
from torch.testing import assert_close

from torchcaffe import mode
from torchcaffe.fast import compile_net
from torchcaffe.net import Net
from torchcaffe.precision import Precision
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net
from torchcaffe.rng import set_random_seed

GRADIENTS = 0.1

FROZEN = "param { lr_mult: 0 decay_mult: 0 }"


def convolution(name: str, bottom: str, spec: str = "", stats: str = "", relu: bool = True, stride: int = 1) -> str:
    text = f"""
    layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}" {spec}
      convolution_param {{ num_output: 16 kernel_size: 3 pad: 1 stride: {stride} bias_term: false
        weight_filler {{ type: "msra" }} }} }}
    layer {{ name: "{name}/bn" type: "BatchNorm" bottom: "{name}" top: "{name}" {FROZEN * 3}
      batch_norm_param {{ {stats} }} }}
    layer {{ name: "{name}/scale" type: "Scale" bottom: "{name}" top: "{name}" {spec * 2}
      scale_param {{ bias_term: true }} }}"""
    return text + (f'layer {{ name: "{name}/r" type: "ReLU" bottom: "{name}" top: "{name}" }}' if relu else "")


NET = f"""
layer {{ name: "data" type: "Input" top: "data" top: "label"
  input_param {{ shape {{ dim: 5 dim: 3 dim: 12 dim: 10 }} shape {{ dim: 5 }} }} }}
{convolution("a", "data")} {convolution("b", "a", relu=False)}
layer {{ name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum" }}
layer {{ name: "sum/relu" type: "ReLU" bottom: "sum" top: "sum" }}
{convolution("t", "data", FROZEN, "use_global_stats: true")}
layer {{ name: "hint" type: "EuclideanLoss" bottom: "sum" bottom: "t" top: "hint" loss_weight: 0.001 }}
layer {{ name: "pool" type: "Pooling" bottom: "sum" top: "pool" pooling_param {{ pool: AVE global_pooling: true }} }}
layer {{ name: "fc" type: "InnerProduct" bottom: "pool" top: "fc"
  inner_product_param {{ num_output: 4 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }}
"""


@pytest.fixture
def bf16() -> Iterator[None]:
    mode.set_precision(Precision.BF16)
    yield
    mode.set_precision(Precision.FLOAT32)


def build(text: str = NET) -> Net:
    set_random_seed(3)
    param = parse_net(text)
    param.state.phase = caffe_pb2.TRAIN
    net = Net(param)
    generator = torch.Generator().manual_seed(2)
    net.blob("data").data.normal_(generator=generator)
    net.blob("label").data.random_(4, generator=generator)
    for blob, value in zip(net.layer("t/bn").blobs, (0.1, 1.3, 1), strict=True):
        blob.data.fill_(value)
    return net


def test_near_float32(bf16):
    """Rounding to 8 bits is a relative error of up to 2^-9 = 0.002 a factor, and layers add theirs; in the gradients
    it also closes some ReLUs and opens others."""
    plain, fast = build(), build()
    fast.program = compile_net(fast)
    for _ in range(2):
        assert_close(fast.forward(), plain.forward(), rtol=1e-2, atol=0)
        plain.backward()
        fast.backward()
    for name, a, b in zip(plain.blob_names, plain.blobs, fast.blobs, strict=True):
        assert distance(b.data, a.data) < 1e-2, name
    for a, b in zip(plain.params.learnable, fast.params.learnable, strict=True):
        assert distance(b.blob.diff, a.blob.diff) < GRADIENTS, (a.layer, a.index)
    assert any(distance(b.data, a.data) > 1e-4 for a, b in zip(plain.blobs, fast.blobs, strict=True))


def test_what_is_kept_is_float32(bf16):
    net = build()
    net.program = compile_net(net)
    loss = net.forward()
    net.backward()
    assert loss.dtype == torch.float32
    for layer in net.layers:
        for blob in layer.blobs:
            assert blob.data.dtype == blob.diff.dtype == torch.float32, layer.name
    shown = {name: net.blob(name).data.dtype for name in net.blob_names}
    assert shown["a"] == shown["b"] == torch.bfloat16
    assert shown["fc"] == shown["pool"] == shown["hint"] == shown["loss"] == torch.float32


def test_a_layer_without_a_fast_form_reads_and_gives_float32(bf16, monkeypatch):
    tanh_alone = NET.replace('layer { name: "a/r" type: "ReLU"', 'layer { name: "a/r" type: "TanH"')
    # Its gradient comes from a convolution alone: a sum would be float32 already.
    text = tanh_alone.replace('bottom: "a" bottom: "b" top: "sum"', 'bottom: "b" bottom: "b" top: "sum"')
    assert text != tanh_alone != NET
    plain, fast = build(text), build(text)
    fast.program = compile_net(fast)
    tanh, given = fast.layer("a/r"), []
    backward = tanh.backward

    def looked_at(tops, propagate_down, bottoms):
        given.append(tops[0].diff.dtype)
        backward(tops, propagate_down, bottoms)

    monkeypatch.setattr(tanh, "backward", looked_at)
    assert_close(fast.forward(), plain.forward(), rtol=1e-2, atol=0)
    plain.backward()
    fast.backward()
    assert fast.blob("a").data.dtype == torch.float32
    assert given == [torch.float32]
    for a, b in zip(plain.params.learnable, fast.params.learnable, strict=True):
        assert distance(b.blob.diff, a.blob.diff) < GRADIENTS, (a.layer, a.index)


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    """||a - b|| / ||b||, or ||a|| where b is zero."""
    return float((a.double() - b.double()).norm() / (b.double().norm() or 1))
