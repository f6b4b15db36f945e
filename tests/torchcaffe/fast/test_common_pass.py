"""What nets have in common is done once, and what only looks alike is not."""

from collections.abc import Callable
from pathlib import Path

import lmdb
import numpy as np
import pytest
import torch

from torchcaffe.errors import DataError
from torchcaffe.fast import compile_net
from torchcaffe.fast.common_pass import Member, join, summary
from torchcaffe.fast.same_work import FUNCTIONS, SOURCES
from torchcaffe.layer_types import LAYERS
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net
from torchcaffe.rng import set_random_seed

Build = Callable[..., Net]

FROZEN = "param { lr_mult: 0 decay_mult: 0 }"
CONV = """layer {{ name: "{name}" type: "Convolution" bottom: "data" top: "c" {spec} convolution_param {{ num_output: 3
  kernel_size: 2 bias_term: false weight_filler {{ type: "constant" value: {value} }} }} }}"""
RELU = 'layer { name: "relu" type: "ReLU" bottom: "c" top: "c" }'


def conv(name: str = "conv", spec: str = FROZEN, value: float = 0.01) -> str:
    return CONV.format(name=name, spec=spec, value=value)


def reader(name: str, bottom: str, outputs: int = 2) -> str:
    """Something that learns, and so is each net's own."""
    return f"""layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{name}"
      inner_product_param {{ num_output: {outputs} weight_filler {{ type: "xavier" }} }} }}
    layer {{ name: "{name}/loss" type: "Reduction" bottom: "{name}" top: "{name}/loss" loss_weight: 1
      reduction_param {{ operation: SUMSQ }} }}"""


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Builds and compiles a net on seven images of 2 x 5 x 4, with negative values."""
    rng = np.random.default_rng(3)
    with lmdb.open(str(tmp_path / "db"), map_size=1 << 20) as env, env.begin(write=True) as txn:
        for i in range(7):
            pixels = rng.integers(0, 256, (2, 5, 4), np.uint8).tobytes()
            datum = caffe_pb2.Datum(channels=2, height=5, width=4, data=pixels, label=i)
            txn.put(f"{i:03d}".encode(), datum.SerializeToString())

    def make(layers: str, seed: int = 7, data: str = "") -> Net:
        source = f"""layer {{ name: "data" type: "Data" top: "data" transform_param {{ mirror: true mean_value: 128 }}
          data_param {{ source: "{tmp_path / "db"}" batch_size: 3 backend: LMDB {data} }} }}"""
        param = parse_net(source + layers)
        param.state.phase = caffe_pb2.TRAIN
        set_random_seed(seed)
        net = Net(param, dtype=torch.float64)
        net.program = compile_net(net)
        return net

    return make


def compare(build: Build, *texts: str, passes: int = 3) -> str:
    """Every blob of nets that are joined, and every gradient, against the same nets by themselves; what is common."""
    alone, joined = ([build(text) for text in texts] for _ in range(2))
    found = summary(join(joined).works)
    for _ in range(passes):
        for one, other in zip(alone, joined, strict=True):
            for net in (one, other):
                for param in net.params.learnable:
                    param.blob.diff.zero_()
            assert torch.equal(one.forward(), other.forward())
            for name, a, b in zip(one.blob_names, one.blobs, other.blobs, strict=True):
                assert torch.equal(a.data, b.data), name
            one.backward()
            other.backward()
            for a, b in zip(one.params.learnable, other.params.learnable, strict=True):
                assert torch.equal(a.blob.diff, b.blob.diff), a.layer
    return found


def test_names_do_not_matter_but_settings_and_params_do(build: Build) -> None:
    twice = conv() + reader("a", "c")
    assert compare(build, twice, conv("other") + reader("a", "c", 4)) == "1 Data for 2 nets, 1 Convolution for 2 nets"
    others = [conv(value=0.02), conv(spec=""), conv(spec=FROZEN).replace("kernel_size: 2", "kernel_size: 2 stride: 2")]
    for other in others:
        assert compare(build, twice, other + reader("a", "c")) == "1 Data for 2 nets"


def test_data_are_common_only_at_the_same_place(build: Build) -> None:
    text = conv() + reader("a", "c")
    for second in (build(text, seed=8), build(text, data="prefetch: 3")):
        first = build(text)
        assert join([first, second]).works == []
        assert not isinstance(first.program, Member)
    behind, ahead = build(text), build(text)
    ahead.forward()
    assert join([behind, ahead]).works == []


def test_a_blob_that_one_net_changes_in_place_is_as_it_was_in_another(build: Build) -> None:
    """The first net and the last have the ReLU in common, too; the one between reads the blob without it."""
    compare(build, conv() + RELU + reader("a", "c"), conv() + reader("a", "c"), conv() + RELU + reader("b", "c"))
    several = conv() + reader("a", "c") + reader("b", "c") + RELU.replace('top: "c"', 'top: "r"') + reader("d", "r")
    compare(build, conv() + RELU + reader("a", "c"), several, conv() + RELU + reader("b", "c"))


def test_what_learns_below_a_frozen_layer_is_each_nets_own(build: Build) -> None:
    below = conv(spec="") + 'layer { name: "p" type: "Power" bottom: "c" top: "p" power_param { scale: 2 } }'
    assert compare(build, below + reader("a", "p"), below + reader("a", "p")) == "1 Data for 2 nets"


def test_two_of_one_net_are_two(build: Build) -> None:
    """A net with the same layer twice, by itself, has nothing in common with anything but another net."""
    twice = conv("x") + conv("y").replace('top: "c"', 'top: "e"') + reader("a", "c") + reader("b", "e")
    assert compare(build, twice) == ""
    assert compare(build, twice, twice) == "1 Data for 2 nets, 2 Convolution for 2 nets"


@pytest.mark.parametrize("when", ["before_forward", "after_forward", "before_backward", "after_backward"])
def test_a_watched_net_keeps_to_itself(when: str, build: Build) -> None:
    nets = [build(conv() + reader("a", "c")) for _ in range(3)]
    getattr(nets[1], when).append(lambda _: None)
    assert [[net is nets[2] for net, _ in work.others] for work in join(nets).works] == [[True], [True]]


def test_what_fails_for_one_fails_for_all(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    nets = [build(conv() + reader("a", "c")) for _ in range(2)]
    join(nets)
    for net in nets:
        net.forward()

    def broken(*_: object) -> None:
        raise DataError("the database is damaged")

    layer = nets[0].layer("data")
    assert layer is nets[1].layer("data")
    monkeypatch.setattr(layer, "forward", broken)
    for net in nets:
        with pytest.raises(DataError, match="damaged"):
            net.forward()


def test_a_net_that_runs_ahead_is_a_fault_of_the_program(build: Build) -> None:
    nets = [build(conv() + reader("a", "c")) for _ in range(2)]
    join(nets)
    nets[0].forward()
    nets[0].forward()
    with pytest.raises(AssertionError, match="asks for forward pass 1"):
        nets[1].forward()


def test_the_types_that_are_told_apart_exist() -> None:
    assert LAYERS.keys() >= FUNCTIONS | SOURCES
