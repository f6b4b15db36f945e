"""BatchNorm by the kernels for GPUs against PyTorch's operations in float64."""

import pytest
import torch

from torchcaffe.fast.batch_norm.function import BatchNorm, Settings
from torchcaffe.fast.batch_norm.on_gpu import TritonBatchNorm
from torchcaffe.fast.batch_norm.operations import CascadeCore, OperationsBatchNorm
from torchcaffe.layer_types.batch_norm import BatchNormLayer
from torchcaffe.layer_types.scale import ScaleLayer
from torchcaffe.net import Net
from torchcaffe.proto.text import parse_net

# Parts of a part, fewer rows than parts, several blocks of channels.
SHAPES = [(3, 16, 9, 7), (1, 3, 2, 2), (2, 80, 5, 5), (5, 64, 6, 6)]


def settings(device: torch.device, dtype: torch.dtype, shape: tuple[int, ...], relu: bool) -> Settings:
    n, c, h, w = shape
    text = f"""
    layer {{ name: "x" type: "Input" top: "x"
      input_param {{ shape {{ dim: {n} dim: {c} dim: {h} dim: {w} }} }} }}
    layer {{ name: "bn" type: "BatchNorm" bottom: "x" top: "x"
      batch_norm_param {{ moving_average_fraction: 0.9 eps: 1e-3 }} }}
    layer {{ name: "scale" type: "Scale" bottom: "x" top: "x" scale_param {{ bias_term: true }} }}"""
    net = Net(parse_net(text, "kernels"), device=device, dtype=dtype)
    norm, scale = net.layer("bn"), net.layer("scale")
    assert isinstance(norm, BatchNormLayer)
    assert isinstance(scale, ScaleLayer)
    scale.blobs[0].data.copy_(torch.linspace(0.5, 2, c))
    scale.blobs[1].data.copy_(torch.linspace(-1, 1, c))
    norm.blobs[1].data.fill_(1)
    for blob in scale.blobs:
        blob.diff.fill_(0.5)
    return Settings(norm, scale, relu)


def results(norm: BatchNorm, given: Settings, arrays: list[torch.Tensor], added: bool, overwrite: bool):
    """y, what was added to, the statistics and all gradients, in float64."""
    x, addend, *d_y = (array.clone(memory_format=torch.preserve_format) for array in arrays)
    y = norm.forward(x, addend if added else None)
    normalised = norm.normalised()() if added or not given.relu else y
    gradients = norm.backward(d_y, overwrite)
    affine = [blob.diff for blob in given.scale.blobs]
    if not overwrite:
        assert torch.equal(d_y[0], arrays[2])
    found = [y, normalised, *given.statistics(), gradients.x, gradients.addend if added else y, *affine]
    return [each.double() for each in found]


@pytest.mark.parametrize(
    ("shape", "relu", "added", "two", "overwrite"),
    [
        (SHAPES[0], True, False, False, False),
        (SHAPES[0], True, True, True, True),
        (SHAPES[0], False, False, True, False),
        (SHAPES[1], True, False, False, True),
        (SHAPES[2], True, True, False, False),
        (SHAPES[3], False, True, True, True),
    ],
)
def test_both_directions(shape, relu, added, two, overwrite, device):
    draw = [torch.randn(shape) for _ in range(4 if two else 3)]
    arrays = [array.contiguous(memory_format=torch.channels_last).to(device) for array in draw]
    arrays[0] += 10  # A variance from the sum of squares would be wrong by 1e-5 and more.
    given, exact = (settings(device, dtype, shape, relu) for dtype in (torch.float32, torch.float64))
    got = results(TritonBatchNorm(given), given, arrays, added, overwrite)
    reference = OperationsBatchNorm(exact, CascadeCore(1e-3))
    want = results(reference, exact, [array.double() for array in arrays], added, overwrite)
    for one, other in zip(got, want, strict=True):
        assert float((one - other).norm() / other.norm()) < 3e-6


def test_bf16(device):
    shape = (3, 16, 5, 4)
    draw = [torch.randn(shape).bfloat16().float() for _ in range(4)]
    arrays = [array.contiguous(memory_format=torch.channels_last).to(device) for array in draw]
    given, exact = (settings(device, dtype, shape, True) for dtype in (torch.float32, torch.float64))
    got = results(TritonBatchNorm(given), given, [array.bfloat16() for array in arrays], True, False)
    reference = OperationsBatchNorm(exact, CascadeCore(1e-3))
    want = results(reference, exact, [array.double() for array in arrays], True, False)
    for one, other in zip(got, want, strict=True):
        assert float((one - other).norm() / other.norm()) < 1e-2


def test_what_was_added_to_shows_as_it_was(device):
    """Also when the params are others since."""
    given = settings(device, torch.float32, (2, 16, 3, 3), True)
    batch_norm = TritonBatchNorm(given)
    x = torch.randn(2, 16, 3, 3, device=device).contiguous(memory_format=torch.channels_last)
    batch_norm.forward(x, x)
    compute = batch_norm.normalised()
    before = compute()
    given.scale.blobs[0].data.mul_(2)
    assert torch.equal(compute(), before)


def test_nan_is_not_hidden(device):
    given = settings(device, torch.float32, (2, 16, 3, 3), True)
    x = torch.randn(2, 16, 3, 3).contiguous(memory_format=torch.channels_last).to(device)
    x[0, 5, 1, 1] = float("nan")
    y = TritonBatchNorm(given).forward(x, None)
    assert y[:, 5].isnan().all()
    assert y.isnan().sum() == y[:, 5].numel()


def test_what_the_kernel_moved_counts_as_written(device):
    given = settings(device, torch.float32, (2, 16, 3, 3), True)
    before = [statistic._version for statistic in given.statistics()]
    TritonBatchNorm(given).forward(torch.randn(2, 16, 3, 3, device=device), None)
    assert all(now._version > then for now, then in zip(given.statistics(), before, strict=True))
