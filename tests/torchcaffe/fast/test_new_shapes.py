"""The fast path after its inputs have taken another shape: it takes and refuses what the plain layers do."""

import pytest
import torch
from torch.testing import assert_close

from torchcaffe.errors import NetError
from torchcaffe.fast import compile_net
from torchcaffe.net import Net
from torchcaffe.proto.text import parse_net
from torchcaffe.rng import set_random_seed

SCORES = """
layer { name: "data" type: "Input" top: "data" top: "label"
  input_param { shape { dim: 3 dim: 4 dim: 6 dim: 5 } shape { dim: 3 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 7 kernel_size: 3 pad: 1 weight_filler { type: "msra" } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: AVE global_pooling: true } }
layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc"
  inner_product_param { num_output: 4 weight_filler { type: "gaussian" std: 0.001 } } }
"""
LOSSES = {
    "SoftmaxWithLoss": 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }',
    "Softmax, Log": """
        layer { name: "p" type: "Softmax" bottom: "fc" top: "p" }
        layer { name: "log" type: "Log" bottom: "p" top: "log" }
        layer { name: "loss" type: "Reduction" bottom: "log" top: "loss" loss_weight: 1 }""",
}


def nets(loss: str) -> tuple[Net, Net]:
    made = []
    for _ in range(2):
        set_random_seed(5)
        made.append(Net(parse_net("force_backward: true" + SCORES + loss), dtype=torch.float64))
    made[1].program = compile_net(made[1])
    return made[0], made[1]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_another_batch_and_another_size(loss: str) -> None:
    both = nets(loss)
    for shape in ((3, 4, 6, 5), (2, 4, 8, 7), (5, 4, 6, 5)):
        for net in both:
            net.blob("data").reshape(*shape)
            net.blob("label").reshape(shape[0])
            net.blob("data").data.copy_(torch.randn(shape, generator=torch.Generator().manual_seed(1)))
            net.blob("label").data.fill_(2)
            net.forward()
            net.backward()
        plain, fast = both
        for name in plain.blob_names:
            assert_close(fast.blob(name).data, plain.blob(name).data, msg=name)
        assert_close(fast.blob("data").diff, plain.blob("data").diff)


def test_labels_of_another_number_are_refused() -> None:
    for net in nets(LOSSES["SoftmaxWithLoss"]):
        net.forward()
        net.blob("data").reshape(5, 4, 6, 5)
        with pytest.raises(NetError, match=r"'fc' and 'label' have shapes 5 4 .* and 3"):
            net.forward()


def test_summands_that_no_longer_have_one_shape_are_refused() -> None:
    """PyTorch would repeat the smaller one."""
    text = """
    layer { name: "data" type: "Input" top: "a" top: "b"
      input_param { shape { dim: 3 dim: 4 } shape { dim: 3 dim: 4 } } }
    layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum" }
    layer { name: "relu" type: "ReLU" bottom: "sum" top: "sum" }"""
    net = Net(parse_net(text))
    net.program = program = compile_net(net)
    assert "Eltwise+ReLU" in [op.kind for op in program.ops]
    net.forward()
    net.blob("b").reshape(1, 4)
    with pytest.raises(NetError, match="'b'"):
        net.forward()
