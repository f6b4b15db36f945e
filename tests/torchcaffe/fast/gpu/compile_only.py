"""Launches every kernel for GPUs as training does, but only compiles it, for a GPU that need not be there.

`python compile_only.py CAPABILITY`: prints of each kernel that was compiled its name, and how many bytes of shared
memory a program of it takes. What Triton's interpreter lets pass, such as an argument with a name that its launcher has
for itself, fails here.
"""

import sys

import torch
from triton.backends.compiler import GPUTarget
from triton.runtime import driver
from triton.runtime.jit import JITFunction

from torchcaffe.fast.batch_norm.function import Settings
from torchcaffe.fast.batch_norm.on_gpu import TritonBatchNorm
from torchcaffe.fast.convolution.on_gpu import TritonConvolver
from torchcaffe.fast.gpu.usable import probe
from torchcaffe.fast.sgd.on_gpu import TritonUpdate
from torchcaffe.layer_types.batch_norm import BatchNormLayer
from torchcaffe.layer_types.scale import ScaleLayer
from torchcaffe.net import Net
from torchcaffe.precision import Precision
from torchcaffe.proto.text import parse_net

TARGET = GPUTarget("cuda", int(sys.argv[1]), 32)
LAUNCH = JITFunction.run


class NoGpu:
    """What Triton asks of a driver before it launches."""

    def get_current_device(self) -> int:
        return 0

    def get_current_stream(self, device: int) -> int:
        return 0

    def get_current_target(self) -> GPUTarget:
        return TARGET


def compile_only(kernel, *arguments, grid, warmup, **options):
    assert all(isinstance(programs, int) and programs > 0 for programs in grid)
    compiled = LAUNCH(kernel, *arguments, grid=grid, warmup=True, **options)
    print(kernel.fn.__name__, compiled.metadata.shared)
    return compiled


def images(*shape: int) -> torch.Tensor:
    return torch.ones(shape).contiguous(memory_format=torch.channels_last)


def convolutions() -> None:
    exact, tf32 = Precision.FLOAT32, Precision.TF32
    cases = ((3, 16, 1, exact), (16, 16, 1, tf32), (16, 32, 2, exact), (64, 64, 1, exact))
    for inputs, outputs, stride, precision in cases:
        convolver = TritonConvolver(stride, precision)
        x, weight = images(2, inputs, 8, 8), images(outputs, inputs, 3, 3)
        y = convolver.forward(x, weight)
        convolver.forward(x, weight, torch.ones(outputs), y if inputs > 3 else None, relu=True)
        convolver.backward(y, x, weight, torch.zeros_like(weight), None, inputs > 3)


def batch_norms() -> None:
    for channels in (16, 80):
        text = f"""
        layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: {channels} dim: 8 dim: 8 }} }} }}
        layer {{ name: "bn" type: "BatchNorm" bottom: "x" top: "x" }}
        layer {{ name: "scale" type: "Scale" bottom: "x" top: "x" scale_param {{ bias_term: true }} }}"""
        net = Net(parse_net(text, "kernels"))
        norm, scale = net.layer("bn"), net.layer("scale")
        assert isinstance(norm, BatchNormLayer)
        assert isinstance(scale, ScaleLayer)
        x = images(2, channels, 8, 8)
        for relu, addend, d_y in ((True, None, [x]), (True, x, [x, x]), (False, None, [x])):
            batch_norm = TritonBatchNorm(Settings(norm, scale, relu))
            batch_norm.forward(x, addend)
            batch_norm.backward([each.clone() for each in d_y], overwrite=False)


def update() -> None:
    arrays = [torch.ones(16, 3, 3, 3), torch.ones(16)]
    TritonUpdate()(arrays, arrays, arrays, 1.0, 1e-4, 0.9, torch.tensor(0.1))


driver.set_active(NoGpu())
JITFunction.run = compile_only
convolutions()
probe(torch.device("cpu"))
batch_norms()
update()
