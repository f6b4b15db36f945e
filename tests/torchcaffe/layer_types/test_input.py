import pytest
import torch

from torchcaffe.errors import NetError


def layer(param, tops='top: "a" top: "b"'):
    return f'layer {{ name: "l" type: "Input" {tops} input_param {{ {param} }} }}'


def test_shapes(build):
    one = "shape { dim: 2 dim: 3 }"
    assert [blob.shape for blob in build(layer(one)).blobs] == [(2, 3), (2, 3)]
    assert [blob.shape for blob in build(layer(one + " shape { dim: 4 }")).blobs] == [(2, 3), (4,)]
    assert [blob.shape for blob in build(layer("")).blobs] == [(), ()]


def test_keeps_what_the_caller_put_there(build):
    net = build(layer("shape { dim: 2 dim: 3 }", 'top: "a"'))
    net.blob("a").reshape(3, 1)
    net.blob("a").data = torch.arange(3.0).view(3, 1)
    net.forward()
    assert net.blob("a").data.tolist() == [[0], [1], [2]]
    assert [net.blob_names[i] for i in net.input_ids] == ["a"]


def test_refuses_another_number_of_shapes(build):
    with pytest.raises(NetError, match=r"layer 'l' \(Input\): 3 shapes for 2 tops"):
        build(layer("shape { } shape { } shape { }"))
