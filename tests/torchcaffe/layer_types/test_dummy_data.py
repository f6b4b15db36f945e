import numpy as np
import pytest
import torch

from torchcaffe.boost import Rng
from torchcaffe.errors import NetError
from torchcaffe.rng import caffe_rng_gaussian, set_random_seed


def layer(param, tops='top: "a" top: "b"'):
    return f'layer {{ name: "l" type: "DummyData" {tops} dummy_data_param {{ {param} }} }}'


def test_constants_stay_and_random_numbers_come_anew(build):
    text = layer(
        "shape { dim: 2 dim: 3 } shape { dim: 4 } "
        'data_filler { type: "constant" value: 7 } data_filler { type: "gaussian" }'
    )
    set_random_seed(2)
    net = build(text, dtype=torch.float32)
    assert net.blob("a").data.tolist() == [[7] * 3] * 2
    rng = Rng(2)
    for _ in range(2):
        net.forward()
        assert net.blob("a").data.tolist() == [[7] * 3] * 2
        np.testing.assert_array_equal(net.blob("b").data.numpy(), caffe_rng_gaussian(rng, 4, 0, 1))


def test_one_shape_and_one_filler_serve_all_tops(build):
    net = build(layer('shape { dim: 2 } data_filler { type: "uniform" }'))
    net.forward()
    assert [blob.shape for blob in net.blobs] == [(2,), (2,)]
    assert not torch.equal(net.blob("a").data, net.blob("b").data)


def test_zero_without_a_filler(build):
    net = build(layer("shape { dim: 2 }"))
    net.forward()
    assert net.blob("b").data.tolist() == [0, 0]


def test_old_dims(build):
    net = build(layer("num: 2 num: 3 channels: 4 height: 5 width: 6 width: 7"))
    assert [blob.shape for blob in net.blobs] == [(2, 4, 5, 6), (3, 4, 5, 7)]


@pytest.mark.parametrize(
    ("param", "word"),
    [
        ("", "0 shape for 2 tops"),
        ("num: 1", "0 channels for 2 tops"),
        ("num: 1 channels: 1 height: 1 width: 1 shape { }", "give one of the two"),
        ("shape { } data_filler { } data_filler { } data_filler { }", "3 data_filler for 2 tops"),
    ],
)
def test_refuses_what_does_not_fit(param, word, build):
    with pytest.raises(NetError, match=rf"layer 'l' \(DummyData\): .*{word}"):
        build(layer(param))
