"""The update by the kernel for GPUs against its formula in float64."""

from functools import partial

import pytest
import torch

from torchcaffe.fast.sgd import on_gpu
from torchcaffe.fast.sgd.on_gpu import TritonUpdate

SHARE, DECAY, MOMENTUM, RATE = 0.5, 1e-2, 0.9, 0.1


def arrays(device: torch.device) -> list[torch.Tensor]:
    """Of several sizes: one element, a part of a block, several blocks; one with its channels innermost."""
    filters = torch.randn(16, 8, 3, 3).contiguous(memory_format=torch.channels_last)
    return [array.to(device) for array in (torch.randn(1), torch.randn(5, 7), torch.randn(3000), filters)]


@pytest.mark.parametrize("on_device", [True, False])
def test_the_formula(on_device, device):
    data, diff, history = (arrays(device) for _ in range(3))
    w, d, h = ([array.double() for array in each] for each in (data, diff, history))
    update = TritonUpdate()
    for rate in (RATE, RATE / 10):  # The second time from the same addresses.
        update(data, diff, history, SHARE, DECAY, MOMENTUM, torch.tensor(rate, device=device) if on_device else rate)
        h = [MOMENTUM * b + rate * (SHARE * a + DECAY * c) for a, b, c in zip(d, h, w, strict=True)]
        w, d = [a - b for a, b in zip(w, h, strict=True)], h
        for got, want in ((data, w), (diff, d), (history, h)):
            for one, other in zip(got, want, strict=True):
                torch.testing.assert_close(one.double(), other, rtol=1e-6, atol=1e-6)


def test_arrays_that_lie_differently_are_refused(device):
    data, diff, history = (arrays(device) for _ in range(3))
    diff[-1] = diff[-1].contiguous()
    with pytest.raises(AssertionError, match="lie differently"):
        TritonUpdate()(data, diff, history, SHARE, DECAY, MOMENTUM, RATE)


def test_it_counts_as_written(device):
    data, diff, history = (arrays(device) for _ in range(3))
    before = [array._version for array in (*data, *diff, *history)]
    TritonUpdate()(data, diff, history, SHARE, DECAY, MOMENTUM, RATE)
    assert all(array._version > then for array, then in zip((*data, *diff, *history), before, strict=True))


def test_the_rate_has_a_type_of_its_own(device, monkeypatch, request):
    """Whatever a program has made PyTorch's default."""
    launched = []
    monkeypatch.setattr(on_gpu, "launch", lambda kernel, programs, *arguments, **constants: launched.append(arguments))
    data, diff, history = (arrays(device) for _ in range(3))
    request.addfinalizer(partial(torch.set_default_dtype, torch.get_default_dtype()))
    torch.set_default_dtype(torch.float64)
    TritonUpdate()(data, diff, history, SHARE, DECAY, MOMENTUM, RATE)
    ((_, _, _, rate, *_),) = launched
    assert rate.dtype == torch.float32
