"""Arrays given to a net's MemoryData layer."""

from collections.abc import Callable

import numpy as np
import pytest

import torchcaffe as caffe
from torchcaffe.errors import NetError

Build = Callable[..., caffe.Net]

NET = """
layer { name: "data" type: "MemoryData" top: "x" top: "t"
        memory_data_param { batch_size: 2 channels: 3 height: 5 width: 4 } }
layer { name: "double" type: "Power" bottom: "x" top: "y" power_param { scale: 2 } }
"""
ITEMS = np.random.default_rng(0).normal(size=(4, 3, 5, 4)).astype(np.float32)


@pytest.mark.parametrize("shape", [(4,), (4, 1, 1, 1)])
def test_batch_after_batch_and_around(net_of: Build, shape: tuple[int, ...]) -> None:
    net = net_of(NET)
    net.set_input_arrays(ITEMS, np.arange(4, dtype=np.float32).reshape(shape))
    for first in (0, 2, 0):
        out = net.forward()
        np.testing.assert_array_equal(out["y"], 2 * ITEMS[first : first + 2])
        assert out["t"].ravel().tolist() == [first, first + 1]


def test_what_is_written_into_the_arrays_counts(net_of: Build) -> None:
    net, items = net_of(NET), ITEMS.copy()
    net.set_input_arrays(items, np.zeros(4, np.float32))
    items[...] = 7
    assert (net.forward()["y"] == 14).all()


def test_the_name_that_caffes_own_code_uses(net_of: Build) -> None:
    net = net_of(NET)
    net._set_input_arrays(ITEMS, np.zeros((4, 1, 1, 1), np.float32))
    np.testing.assert_array_equal(net.forward()["y"], 2 * ITEMS[:2])


def test_mistakes_are_refused(net_of: Build) -> None:
    net = net_of(NET)
    with pytest.raises(NetError, match="multiple of the batch size, 2"):
        net.set_input_arrays(ITEMS[:3], np.zeros(3, np.float32))
    other = net_of('layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 } } }')
    with pytest.raises(NetError, match=r"begins with layer 'in' \(Input\).*MemoryData"):
        other.set_input_arrays(ITEMS, np.zeros(4, np.float32))
