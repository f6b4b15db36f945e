"""What scripts do with a net beside running it: put params in, take them out, catch errors, change the mode."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import torchcaffe as caffe
from torchcaffe import mode

Build = Callable[..., caffe.Net]

# y = W x + b, 5 numbers of 3.
NET = """name: "small" force_backward: true
layer { type: "Input" name: "in" top: "x" input_param { shape { dim: 4 dim: 3 } } }
layer { type: "InnerProduct" name: "ip" bottom: "x" top: "y"
        inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
"""
X = np.ones((4, 3), np.float32)


def test_the_params_of_a_layer_can_be_replaced(net_of: Build) -> None:
    """As boost's vectors can; what is put in is shared."""
    net, other = net_of(NET), net_of(NET)
    mine, its = net.params["ip"], other.params["ip"]
    mine[1] = its[1]
    its[1].data[...] = 7
    mine[0].data[...] = 0
    assert (net.forward(x=X)["y"] == 7).all()
    mine[:] = its
    np.testing.assert_array_equal(net.forward(x=X)["y"], other.forward(x=X)["y"])
    del mine[1]
    assert [blob.shape for blob in mine] == [(5, 3)]
    mine.append(its[1])
    mine.extend([its[1], other.blobs["y"]])
    assert [blob.shape for blob in mine] == [(5, 3), (5,), (5,), (4, 5)]
    del mine[2:]
    net.backward(y=np.ones((4, 5)))
    assert (its[1].diff == 4).all()


def test_only_blobs_can_be_params(net_of: Build) -> None:
    params = net_of(NET).params["ip"]
    with pytest.raises(TypeError, match="a layer's params are blobs, got array"):
        params[0] = X
    with pytest.raises(TypeError, match="got 3: take one from"):
        params.append(3)
    with pytest.raises(IndexError):
        params[2] = params[0]
    assert len(params) == 2


def test_errors_are_of_the_types_that_scripts_catch(net_of: Build, tmp_path: Path) -> None:
    """pycaffe's are RuntimeErrors; that of a layer that is not there comes from `list.index`."""
    with pytest.raises(RuntimeError, match="no such file"):
        caffe.Net(str(tmp_path / "absent.prototxt"), caffe.TEST)
    net = net_of(NET)
    for run in (net.forward, net.backward):
        for name in ("start", "end"):
            with pytest.raises(ValueError, match=r"net 'small' has no layer 'ipp'\. Did you mean 'ip'"):
                run(**{name: "ipp"})


def test_a_net_that_stays_where_it_was_built_says_so_once(
    net_of: Build, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    net = net_of(NET)
    monkeypatch.setattr(mode, "device", lambda: torch.device("cuda", 1))
    caplog.set_level("WARNING", logger="torchcaffe")
    for _ in range(2):
        net.forward(x=X)
        net.backward()
    said = "Net 'small' was built before set_mode_gpu(), and stays on the CPU: call it first, then build the net"
    assert caplog.messages == [said]


def test_what_the_prompt_shows(net_of: Build) -> None:
    """5 x 3 weights and 5 biases, which both layers of the second net have."""
    net = net_of(NET)
    assert repr(net) == "Net 'small' (TRAIN): 2 layers, 20 params"
    assert repr(net.blobs["x"]) == "Blob (4, 3)"
    assert repr(net.params["ip"]) == "[Blob (5, 3), Blob (5,)]"
    assert repr(net.layers) == "[Input layer, InnerProduct layer with params [Blob (5, 3), Blob (5,)]]"
    named = NET.replace('bottom: "x"', 'bottom: "x" param { name: "w" } param { name: "b" }')
    again = named[named.index('layer { type: "Inner') :].replace('"ip"', '"ip2"').replace('"y"', '"z"')
    assert repr(net_of(named + again, caffe.TEST)) == "Net 'small' (TEST): 4 layers, 20 params"
    made_by_hand = caffe.Layer(caffe.proto.caffe_pb2.LayerParameter())
    assert repr(made_by_hand).startswith("<torchcaffe.pycaffe.layer.Layer object")
