"""Another layout in memory: the same values, files and trainings."""

import torch

from torchcaffe.fast.layout import filters_channels_last
from torchcaffe.net import Net
from torchcaffe.proto.text import parse_net
from torchcaffe.rng import set_random_seed
from torchcaffe.weights.caffemodel import net_to_proto

NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 7 dim: 6 } } }
layer { name: "a" type: "Convolution" bottom: "x" top: "a"
  convolution_param { num_output: 5 kernel_h: 3 kernel_w: 2 weight_filler { type: "msra" } } }
layer { name: "b" type: "Convolution" bottom: "x" top: "b" param { name: "shared" }
  convolution_param { num_output: 4 kernel_size: 3 bias_term: false weight_filler { type: "msra" } } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" param { name: "shared" }
  convolution_param { num_output: 4 kernel_size: 3 bias_term: false weight_filler { type: "msra" } } }
"""


def build() -> Net:
    set_random_seed(6)
    net = Net(parse_net(NET))
    for layer in net.layers:
        for blob in layer.blobs:
            blob.diff.copy_(blob.data * 2)
    return net


def test_values_and_files_stay() -> None:
    before, after = build(), build()
    history = [torch.arange(90.0).view(5, 3, 3, 2), torch.arange(5.0)]
    filters_channels_last([after], zip(after.layer("a").blobs, history, strict=True))
    filters = after.layer("a").blobs[0]
    for tensor in (filters.data, filters.diff, history[0]):
        assert tensor.is_contiguous(memory_format=torch.channels_last)
        assert not tensor.is_contiguous()
    assert torch.equal(history[0].flatten(), torch.arange(90.0))
    assert net_to_proto(before, True).SerializeToString() == net_to_proto(after, True).SerializeToString()


def test_params_that_share_memory_go_on_sharing_it() -> None:
    net = build()
    (b,), (c,) = net.layer("b").blobs, net.layer("c").blobs
    history = torch.zeros_like(b.data)
    filters_channels_last([net], [(b, history)])
    assert b.data.stride() == b.diff.stride() == history.stride()  # Updates go through all three in one order.
    b.data.fill_(3)
    assert torch.equal(c.data, torch.full_like(c.data, 3))
