"""Params into caffemodels and out of them, binary and HDF5."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from torchcaffe.errors import CaffeError, ProtoError, WeightsError
from torchcaffe.glog import logger
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import read_caffemodel, write_binary
from torchcaffe.proto.text import parse_net
from torchcaffe.weights.caffemodel import copy_trained_layers_from, net_to_proto, save_caffemodel
from torchcaffe.weights.caffemodel_hdf5 import save_hdf5

INPUT = 'layer { name: "in" type: "Input" top: "in" input_param { shape { dim: 2 dim: 3 dim: 5 dim: 4 } } }'


def ip(name: str, outputs: int = 6, more: str = "", bottom: str = "in") -> str:
    filler = 'weight_filler { type: "xavier" } bias_filler { type: "uniform" }'
    return (
        f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{name}" '
        f"inner_product_param {{ num_output: {outputs} {filler} }} {more} }}"
    )


def build(*layers: str, dtype: torch.dtype = torch.float32) -> Net:
    return Net(parse_net(f'name: "n" {INPUT} {" ".join(layers)}'), dtype=dtype)


def params(net: Net, layer: str) -> list[torch.Tensor]:
    return [blob.data.clone() for blob in net.layer(layer).blobs]


def same(net: Net, other: Net, layer: str) -> bool:
    return all(torch.equal(a, b) for a, b in zip(params(net, layer), params(other, layer), strict=True))


Save = Callable[[Net, Path], None]
both_forms = pytest.mark.parametrize("save", [save_caffemodel, save_hdf5])


@both_forms
def test_layers_are_matched_by_name(save: Save, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = build(ip("a"), ip("gone", 2), ip("b", 7))
    target = build(ip("b", 7), ip("new", 9), ip("a"))
    new = params(target, "new")
    save(source, tmp_path / "x")
    with caplog.at_level("INFO", logger.name):
        copied = copy_trained_layers_from(target, tmp_path / "x")
    assert {"a", "b"} <= set(copied.found)
    assert "new" not in copied.found
    assert "gone" not in copied.found
    assert copied.passed_over == ["gone"]
    assert "Ignoring source layer gone" in caplog.messages
    assert same(source, target, "a")
    assert same(source, target, "b")
    assert all(torch.equal(a, b) for a, b in zip(params(target, "new"), new, strict=True))


@both_forms
def test_another_shape_is_refused_and_nothing_copied(save: Save, tmp_path: Path) -> None:
    save(build(ip("a"), ip("b", 8)), tmp_path / "x")
    target = build(ip("a"), ip("b", 7))
    before = params(target, "a")
    said = r"param 0 of layer 'b' has the shape 8 60 \(480\) there, but 7 60 \(420\) in this net: .* rename the layer"
    with pytest.raises(WeightsError, match=said):
        copy_trained_layers_from(target, tmp_path / "x")
    assert all(torch.equal(a, b) for a, b in zip(params(target, "a"), before, strict=True))


@both_forms
def test_another_number_of_params_is_refused(save: Save, tmp_path: Path) -> None:
    save(build(ip("a", more="")), tmp_path / "x")
    target = build('layer { name: "a" type: "Parameter" top: "a" parameter_param { shape { dim: 6 dim: 60 } } }')
    said = r"layer 'a' has 2 param\(s\) \[6 60 \(360\), 6 \(6\)\] there, but 1 \[6 60 \(360\)\] in this net"
    with pytest.raises(WeightsError, match=said):
        copy_trained_layers_from(target, tmp_path / "x")


@both_forms
def test_a_whole_net_can_be_required(save: Save, tmp_path: Path) -> None:
    save(build(ip("a")), tmp_path / "x")
    copy_trained_layers_from(build(ip("a")), tmp_path / "x", whole=True)
    with pytest.raises(WeightsError, match=r"lacks layer 'b' \(2 in all\) of net 'n'"):
        copy_trained_layers_from(build(ip("a"), ip("b"), ip("c")), tmp_path / "x", whole=True)


@both_forms
def test_a_float64_net_comes_through_exactly(save: Save, tmp_path: Path) -> None:
    source = build(ip("a"), dtype=torch.float64)
    source.layer("a").blobs[0].data.fill_(1 / 3)
    save(source, tmp_path / "x")
    target = build(ip("a"), dtype=torch.float64)
    copy_trained_layers_from(target, tmp_path / "x")
    assert same(source, target, "a")


@both_forms
def test_shared_params_come_through(save: Save, tmp_path: Path) -> None:
    """HDF5 files hold them with their owner only, as Caffe's do; binary ones with every layer."""
    shared = 'param { name: "w" } param { name: "b" }'
    source, target = (
        build(ip("a", more=shared), ip("b", more=shared)),
        build(ip("a", more=shared), ip("b", more=shared)),
    )
    save(source, tmp_path / "x")
    copy_trained_layers_from(target, tmp_path / "x", whole=True)
    assert same(source, target, "b")
    assert torch.equal(*(target.layer(name).blobs[0].data for name in "ab"))
    if save is save_hdf5:
        with h5py.File(tmp_path / "x") as file:
            assert (len(file["data/a"]), len(file["data/b"])) == (2, 0)


@both_forms
def test_layers_with_slashes_in_their_names_come_through(save: Save, tmp_path: Path) -> None:
    layers = (ip("i/1x1", 3), ip("i/3x3/b", 4), ip("i", 5))
    source, target = build(*layers), build(*layers)
    save(source, tmp_path / "x")
    copy_trained_layers_from(target, tmp_path / "x", whole=True)
    for name in ("i", "i/1x1", "i/3x3/b"):
        assert same(source, target, name)


def test_names_that_hdf5_cannot_hold_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"layer 'i/1': HDF5 cannot hold it.*BINARYPROTO"):
        save_hdf5(build(ip("i"), ip("i/1")), tmp_path / "x")
    with pytest.raises(WeightsError, match=r"layer 'i': HDF5 cannot hold it.*rename"):
        save_hdf5(build(ip("i/1"), ip("i")), tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_old_files_with_four_axes_fit_params_with_fewer(tmp_path: Path) -> None:
    """Before `shape`, an InnerProduct's weights had num 1, channels 1, and biases also height 1."""
    net = build(ip("a"))
    save_caffemodel(net, tmp_path / "x")
    model = read_caffemodel(tmp_path / "x")
    for blob, (height, width) in zip(model.layer[1].blobs, [(6, 60), (1, 6)], strict=True):
        blob.ClearField("shape")
        blob.num, blob.channels, blob.height, blob.width = 1, 1, height, width
    write_binary(tmp_path / "old", model)
    target = build(ip("a"))
    copy_trained_layers_from(target, tmp_path / "old")
    assert same(net, target, "a")
    model.layer[1].blobs[1].height, model.layer[1].blobs[1].width = 6, 1
    write_binary(tmp_path / "old", model)
    with pytest.raises(WeightsError, match=r"has the shape 1 1 6 1 \(6\) there, but 6 \(6\)"):
        copy_trained_layers_from(target, tmp_path / "old")


def test_split_layers_are_written_as_caffe_writes_them(tmp_path: Path) -> None:
    save_caffemodel(build(ip("a"), ip("b")), tmp_path / "x")
    layers = read_caffemodel(tmp_path / "x").layer
    assert [(layer.name, layer.type) for layer in layers[:2]] == [("in", "Input"), ("in_in_0_split", "Split")]
    assert list(layers[1].top) == list(layers[2].bottom) + list(layers[3].bottom)


def test_caffes_hdf5_layout(tmp_path: Path) -> None:
    net = build(ip("a"))
    save_hdf5(net, tmp_path / "x", write_diff=True)
    with h5py.File(tmp_path / "x") as file:
        assert set(file) == {"data", "diff"}
        assert set(file["data"]) == {"in", "a"}
        assert file["data/a/0"].dtype == np.float32
        np.testing.assert_array_equal(file["data/a/1"], net.layer("a").blobs[1].data.numpy())
        assert not file["diff/a/1"][()].any()


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    net = build(ip("a"))
    with pytest.raises(ProtoError, match="no such file"):
        copy_trained_layers_from(net, tmp_path / "absent.caffemodel")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["other"] = [1.0]
    with pytest.raises(WeightsError, match="no group 'data'"):
        copy_trained_layers_from(net, tmp_path / "x.h5")
    bad = caffe_pb2.NetParameter()
    bad.layer.add(name="a").blobs.add(data=[1.0], shape=caffe_pb2.BlobShape(dim=[6, 60]))
    bad.layer[0].blobs.add(data=[1.0], shape=caffe_pb2.BlobShape(dim=[6]))
    write_binary(tmp_path / "bad", bad)
    with pytest.raises(WeightsError, match="layer 'a', param 0: 1 values"):
        copy_trained_layers_from(net, tmp_path / "bad")
    with pytest.raises(CaffeError, match="the directory does not exist"):
        save_caffemodel(net, tmp_path / "absent" / "x")


@pytest.mark.parametrize(("written", "stored"), [("", [1]), ("loss_weight: 0.5", [0.5])])
def test_the_default_weight_of_a_loss_is_written_as_caffe_writes_it(written: str, stored: list[float]) -> None:
    loss = f'layer {{ name: "loss" type: "EuclideanLoss" bottom: "a" bottom: "b" top: "loss" {written} }}'
    proto = net_to_proto(build(ip("a"), ip("b"), loss))
    assert list(proto.layer[-1].loss_weight) == stored
    assert [list(layer.loss_weight) for layer in proto.layer[:-1]] == [[]] * (len(proto.layer) - 1)
