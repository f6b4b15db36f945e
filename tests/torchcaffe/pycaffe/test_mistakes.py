"""What pycaffe says where it is given something of another kind than it takes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import torchcaffe as caffe
from torchcaffe.errors import NetError

NET = """
layer { type: "Input" name: "in" top: "x" input_param { shape { dim: 4 dim: 3 } } }
layer { type: "Power" name: "double" bottom: "x" top: "two" power_param { scale: 2 } }
"""


@pytest.fixture
def net(net_of: Callable[..., caffe.Net]) -> caffe.Net:
    return net_of(NET, caffe.TEST)


def test_one_name_is_no_list_of_names(net: caffe.Net) -> None:
    for run in (net.forward, net.forward_all, net.forward_backward_all):
        with pytest.raises(NetError, match=r"blobs is a list of names, got 'two': give blobs=\['two'\]"):
            run(blobs="two", x=np.zeros((4, 3)))
    with pytest.raises(NetError, match=r"diffs is a list of names, got 'two': give diffs=\['two'\]"):
        net.backward(diffs="two")


def test_the_phase_is_no_string(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(NET)
    with pytest.raises(NetError, match=r"the phase is caffe\.TEST, not 'TEST': Net\(prototxt, caffe\.TEST\)"):
        caffe.Net(tmp_path / "net.prototxt", "TEST")
    with pytest.raises(NetError, match="a net needs a phase"):
        caffe.Net(tmp_path / "net.prototxt", "test.caffemodel")


def test_sizes_are_given_one_by_one(net: caffe.Net) -> None:
    blob = net.blobs["x"]
    for shape in ([5, 3], (5, 3), np.array([5, 3])):
        with pytest.raises(TypeError, match=r"^`reshape` takes sizes one by one: reshape\(5, 3\), got reshape\("):
            blob.reshape(shape)
    blob.reshape(*np.array([5, 3]))
    assert blob.shape == (5, 3)
    blob.reshape(np.array(2), 7)
    assert blob.shape == (2, 7)
