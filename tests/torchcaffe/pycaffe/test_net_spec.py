"""The pycaffe interface: nets written in Python, as scripts for pycaffe write them."""

# ruff: noqa: C408

import re
from pathlib import Path

import pytest

import torchcaffe as caffe
from torchcaffe import layers as L  # noqa: N812
from torchcaffe import params as P  # noqa: N812
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net


def lenet(batch_size: int) -> caffe_pb2.NetParameter:
    n = caffe.NetSpec()
    n.data, n.label = L.DummyData(
        shape=[dict(dim=[batch_size, 1, 28, 28]), dict(dim=[batch_size])], transform_param=dict(scale=1 / 256), ntop=2
    )
    n.conv1 = L.Convolution(n.data, kernel_size=5, num_output=20, weight_filler=dict(type="xavier"))
    n.pool1 = L.Pooling(n.conv1, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    n.ip1 = L.InnerProduct(
        n.pool1, num_output=50, weight_filler=dict(type="xavier"), param=[dict(lr_mult=1), dict(lr_mult=2)]
    )
    n.relu1 = L.ReLU(n.ip1, in_place=True)
    n.ip2 = L.InnerProduct(n.relu1, num_output=10, name="scores")
    n.loss = L.SoftmaxWithLoss(n.ip2, n.label, loss_weight=0.5)
    return n.to_proto()


EXPECTED = """
layer { name: "data" type: "DummyData" top: "data" top: "label" transform_param { scale: 0.00390625 }
        dummy_data_param { shape { dim: 6 dim: 1 dim: 28 dim: 28 } shape { dim: 6 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
        convolution_param { num_output: 20 kernel_size: 5 weight_filler { type: "xavier" } } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
        pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "ip1" type: "InnerProduct" bottom: "pool1" top: "ip1" param { lr_mult: 1 } param { lr_mult: 2 }
        inner_product_param { num_output: 50 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "ip1" top: "ip1" }
layer { name: "scores" type: "InnerProduct" bottom: "ip1" top: "ip2" inner_product_param { num_output: 10 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "label" top: "loss" loss_weight: 0.5 }
"""


def test_a_spec_is_the_net_that_one_would_write(tmp_path: Path) -> None:
    assert lenet(6) == parse_net(EXPECTED)
    (tmp_path / "net.prototxt").write_text(str(lenet(6)))
    assert len(caffe.Net(tmp_path / "net.prototxt", caffe.TRAIN).layers) == 7


def test_names_are_made_where_none_is_given() -> None:
    data = L.Input(shape=dict(dim=[2, 3]))
    one, two = L.InnerProduct(data, num_output=4), L.InnerProduct(data, num_output=5)
    net = caffe.to_proto(L.Concat(one, two), one)
    assert [layer.name for layer in net.layer] == ["Input1", "InnerProduct1", "InnerProduct2", "Concat1"]
    assert list(net.layer[3].bottom) == ["InnerProduct1", "InnerProduct2"]
    assert len(two.to_proto().layer) == 2


def test_layers_without_tops() -> None:
    n = caffe.NetSpec()
    n.data, n.data2 = L.DummyData(shape=dict(dim=3), ntop=2)
    n.quiet = L.Silence(n.data, ntop=0)
    net = n.to_proto()
    assert [(layer.name, list(layer.top)) for layer in net.layer] == [("data", ["data", "data2"]), ("quiet", [])]


def test_deep_nets_do_not_exhaust_the_stack() -> None:
    top = L.Input(shape=dict(dim=1))
    for _ in range(3000):
        top = L.ReLU(top)
    assert len(top.to_proto().layer) == 3001


def test_spec_by_item_and_attribute() -> None:
    n = caffe.NetSpec()
    n["a"] = L.Input(shape=dict(dim=1))
    assert n.a is n["a"]
    del n.a
    with pytest.raises(AttributeError, match="no top 'a'"):
        _ = n.a


def test_what_is_no_top_is_refused() -> None:
    data = L.DummyData(ntop=2)
    with pytest.raises(TypeError, match=re.escape("Silence input 0 is not a Top (type is <class 'tuple'>)")):
        L.Silence(data, ntop=0)
    L.Silence(*data, ntop=0)


def test_an_unknown_parameter_is_refused_with_the_nearest() -> None:
    for wrong, where in [
        (
            L.Convolution(L.Input(), num_outputs=3),
            "Convolution has no parameter 'num_outputs' in convolution_param or ",
        ),
        (L.ReLU(L.Input(), nmae="x"), "ReLU has no parameter 'nmae' in relu_param or "),
        (L.Silent(L.Input(), nmae="x"), "Silent has no parameter 'nmae' in "),
    ]:
        meant = "num_output" if "num" in where else "name"
        with pytest.raises(AttributeError, match=rf"^{where}LayerParameter\. Did you mean '{meant}'\?$"):
            wrong.to_proto()
    with pytest.raises(AttributeError, match="FillerParameter has no field 'tpye'"):
        L.Convolution(L.Input(), weight_filler=dict(tpye="msra")).to_proto()


def test_constants() -> None:
    assert (P.Pooling.AVE, P.Eltwise.PROD, P.Data.LMDB) == (1, 0, 1)
    with pytest.raises(AttributeError, match="no message PoolParameter"):
        _ = P.Pool
