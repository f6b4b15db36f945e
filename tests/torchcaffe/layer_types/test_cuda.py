"""Layers on a GPU: the CPU's numbers, without the CPU waiting for any of them."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from torchcaffe.net import Net
from torchcaffe.proto.caffe_pb2 import TRAIN
from torchcaffe.proto.text import parse_net
from torchcaffe.rng import set_random_seed

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")

TEXT = """
force_backward: true
layer { name: "in" type: "Input" top: "x" top: "label"
  input_param { shape { dim: 6 dim: 4 dim: 7 dim: 9 } shape { dim: 6 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "msra" } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "sum" type: "Eltwise" bottom: "x" bottom: "conv" top: "sum" }
layer { name: "relu" type: "ReLU" bottom: "sum" top: "sum" }
layer { name: "max" type: "Pooling" bottom: "sum" top: "max" pooling_param { kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "ave" type: "Pooling" bottom: "sum" top: "ave"
  pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "cat" type: "Concat" bottom: "max" bottom: "ave" top: "cat" }
layer { name: "fc" type: "InnerProduct" bottom: "cat" top: "fc"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" loss_param { ignore_label: 3 } }
layer { name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "label" top: "accuracy" top: "each" }
layer { name: "p" type: "Softmax" bottom: "fc" top: "p" }
layer { name: "log" type: "Log" bottom: "p" top: "log" }
layer { name: "soft" type: "Reduction" bottom: "log" top: "soft" loss_weight: -0.5 reduction_param { operation: MEAN } }
layer { name: "hint" type: "EuclideanLoss" bottom: "sum" bottom: "x" top: "hint" loss_weight: 0.01 }
"""


def build(device: str, label: list[int]) -> Net:
    param = parse_net(TEXT)
    param.state.phase = TRAIN
    set_random_seed(3)
    net = Net(param, device=torch.device(device), dtype=torch.float64)
    net.blob("x").data = torch.from_numpy(np.random.default_rng(0).normal(size=(6, 4, 7, 9))).to(device)
    net.blob("label").data = torch.tensor(label, dtype=torch.float64, device=device)
    return net


@pytest.fixture
def no_waiting():
    """Makes it an error to wait for the GPU."""

    def around(run: Callable[[], object]) -> None:
        torch.cuda.set_sync_debug_mode("error")
        try:
            run()
        finally:
            torch.cuda.set_sync_debug_mode("default")

    return around


def test_a_gpu_gives_the_cpus_numbers_without_waiting(no_waiting):
    nets = [build(device, [0, 4, 3, 1, 2, 0]) for device in ("cpu", "cuda")]
    for net in nets:
        net.forward()  # What is allocated and chosen once.
        net.backward()
        for param in net.params.learnable:
            param.blob.diff.zero_()
    nets[0].forward()
    nets[0].backward()
    no_waiting(nets[1].forward)
    no_waiting(nets[1].backward)
    for name in nets[0].blob_names:
        for half in ("data", "diff"):
            cpu, gpu = (getattr(net.blob(name), half).cpu() for net in nets)
            torch.testing.assert_close(gpu, cpu, rtol=1e-9, atol=1e-11, msg=f"{name}.{half}")
    for cpu, gpu in zip(*(net.params.learnable for net in nets), strict=True):
        torch.testing.assert_close(gpu.blob.diff.cpu(), cpu.blob.diff, rtol=1e-9, atol=1e-11)
        torch.testing.assert_close(gpu.blob.data.cpu(), cpu.blob.data, rtol=1e-9, atol=1e-11)


def test_a_label_that_is_no_class_shows_as_nan():
    net = build("cuda", [0, 4, 3, 5, 2, 0])
    assert torch.isnan(net.forward())
    assert torch.isnan(net.blob("accuracy").data)
    assert torch.isfinite(net.blob("p").data).all()
