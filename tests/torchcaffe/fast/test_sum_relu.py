"""A sum with its ReLU, where no BatchNorm takes them in: whichever of the branches learns."""

import pytest
import torch
from torch.testing import assert_close

from torchcaffe.fast import compile_net
from torchcaffe.net import Net
from torchcaffe.proto.text import parse_net
from torchcaffe.rng import set_random_seed


def branch(name: str, frozen: bool) -> str:
    spec = "param { lr_mult: 0 decay_mult: 0 } " * 2 if frozen else ""
    return f"""layer {{ name: "{name}" type: "InnerProduct" bottom: "x" top: "{name}" {spec}
      inner_product_param {{ num_output: 5 weight_filler {{ type: "gaussian" std: 1 }} }} }}"""


@pytest.mark.parametrize("frozen", [(False, False), (True, False), (False, True)])
def test_gradients_go_where_something_learns(frozen: tuple[bool, bool]) -> None:
    text = f"""
    layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 3 dim: 4 }} }} }}
    {branch("a", frozen[0])} {branch("b", frozen[1])}
    layer {{ name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum" }}
    layer {{ name: "relu" type: "ReLU" bottom: "sum" top: "sum" }}
    layer {{ name: "l" type: "Reduction" bottom: "sum" top: "l" loss_weight: 1 reduction_param {{ operation: SUMSQ }} }}
    """
    plain, fast = (_built(text) for _ in range(2))
    fast.program = program = compile_net(fast)
    assert "Eltwise+ReLU" in [op.kind for op in program.ops]
    for net in (plain, fast):
        net.forward()
        net.backward()
    for a, b, is_frozen in zip(plain.params.learnable, fast.params.learnable, _twice(frozen), strict=True):
        assert bool(a.blob.diff.any()) is not is_frozen
        assert_close(b.blob.diff, a.blob.diff)


def _built(text: str) -> Net:
    set_random_seed(4)
    net = Net(parse_net(text), dtype=torch.float64)
    net.blob("x").data.normal_(generator=torch.Generator().manual_seed(2))
    return net


def _twice(values: tuple[bool, bool]) -> list[bool]:
    """For the weight and the bias of each."""
    return [value for value in values for _ in range(2)]
