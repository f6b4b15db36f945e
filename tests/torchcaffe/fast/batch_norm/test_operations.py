"""Batch normalisation of the fast path: both ways against float64, on a batch as large as the paper's."""

import pytest
import torch

from torchcaffe.fast.batch_norm.operations import CascadeCore, Core, NativeCore

EPS = 1e-3
CPU = torch.device("cpu")
SHAPE = (128, 5, 33, 32)


def results(norm: Core, dtype: torch.dtype, bias: bool = True) -> list[torch.Tensor]:
    """y, mean, variance, and the gradients, in float64."""
    generator = torch.Generator().manual_seed(1)
    x = (torch.randn(SHAPE, generator=generator) + 1).to(dtype).contiguous(memory_format=torch.channels_last)
    d_y = (torch.randn(SHAPE, generator=generator) + 0.1).to(dtype).contiguous(memory_format=torch.channels_last)
    s = torch.linspace(0.5, 2, SHAPE[1], dtype=dtype)
    b = torch.linspace(-1, 1, SHAPE[1], dtype=dtype) if bias else None
    found = [*norm.forward(x, s, b), *norm.backward(d_y, s)]
    assert all(each.is_contiguous(memory_format=torch.channels_last) for each in (found[0], found[3]))
    return [each.double() for each in found]


@pytest.mark.parametrize("bias", [True, False])
def test_both_ways_are_the_same_function(bias: bool) -> None:
    native = NativeCore(SHAPE[1], EPS, CPU, torch.float64)
    cascade = CascadeCore(EPS)
    pairs = zip(results(cascade, torch.float64, bias), results(native, torch.float64, bias), strict=True)
    for got, want in pairs:
        torch.testing.assert_close(got, want, rtol=1e-9, atol=1e-12)


def test_on_the_cpu_float32_is_as_exact_as_caffe() -> None:
    """PyTorch's kernel for this layout is wrong by 2e-4 in the gradient of the scale."""
    norm = CascadeCore(EPS)
    exact = results(norm, torch.float64)
    for got, want in zip(results(norm, torch.float32), exact, strict=True):
        assert (got - want).norm() < 1e-5 * want.norm()
