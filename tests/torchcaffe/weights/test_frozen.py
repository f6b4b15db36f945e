"""Which frozen layers need weights before training."""

import pytest

from torchcaffe.errors import NetError
from torchcaffe.net import Net
from torchcaffe.proto.text import parse_net
from torchcaffe.weights.frozen import check_frozen_layers

FREEZE = "param { lr_mult: 0 decay_mult: 0 }"
INPUT = """state { phase: TRAIN }
layer { name: "in" type: "Input" top: "in" input_param { shape { dim: 2 dim: 3 dim: 5 dim: 4 } } }"""


def conv(param: str, more: str) -> str:
    return (
        f'layer {{ name: "c" type: "Convolution" bottom: "in" top: "c" {more} '
        f"convolution_param {{ num_output: 3 kernel_size: 1 {param} }} }}"
    )


def net_of(layer: str) -> Net:
    return Net(parse_net(INPUT + layer))


MSRA = 'weight_filler { type: "msra" }'


@pytest.mark.parametrize(
    "layer",
    [
        conv(MSRA, ""),
        conv(MSRA, FREEZE),  # The bias learns.
        conv(MSRA, FREEZE + "param { lr_mult: 1 }"),
        # Exact subsampling, and an upsampling that is not learned.
        conv('bias_term: false group: 3 stride: 2 weight_filler { type: "constant" value: 1 }', FREEZE),
        conv('bias_term: false group: 3 weight_filler { type: "bilinear" }', FREEZE),
        'layer { name: "b" type: "BatchNorm" bottom: "in" top: "b" }',
        'layer { name: "b" type: "BatchNorm" bottom: "in" top: "b" batch_norm_param { use_global_stats: false } }',
        f'layer {{ name: "s" type: "Scale" bottom: "in" top: "s" {FREEZE} }}',
    ],
)
def test_nets_that_may_train_from_scratch(layer: str) -> None:
    check_frozen_layers(net_of(layer), set(), "")


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (conv(f"bias_term: false {MSRA}", FREEZE), r"'c' \(Convolution\).*random numbers of its filler 'msra'"),
        (conv(MSRA, FREEZE + FREEZE), "random numbers of its filler 'msra'"),
        (conv("", FREEZE + FREEZE), "its weights are zeros, without a filler"),
        (
            conv('weight_filler {} bias_filler { type: "uniform" }', FREEZE + FREEZE),
            "random numbers of its filler 'uniform'",
        ),
        (
            'layer { name: "b" type: "BatchNorm" bottom: "in" top: "b" batch_norm_param { use_global_stats: true } }',
            "use_global_stats is true while its statistics are empty",
        ),
        (
            f'layer {{ name: "s" type: "Scale" bottom: "in" top: "s" {FREEZE} '
            'scale_param { filler { type: "gaussian" } } }',
            r"'s' \(Scale\).*filler 'gaussian'",
        ),
    ],
)
def test_nets_that_may_not(layer: str, said: str) -> None:
    net = net_of(layer)
    with pytest.raises(NetError, match=f"{said}.*no weights were given.*-weights"):
        check_frozen_layers(net, set(), "")
    with pytest.raises(NetError, match=r"'t\.caffemodel' has no layer of that name"):
        check_frozen_layers(net, {"in"}, "t.caffemodel")
    check_frozen_layers(net, set(net.layer_names), "t.caffemodel")


def test_one_that_shares_the_params_of_a_loaded_layer_has_weights() -> None:
    """Either may be the one that the caffemodel has; half of the params are not enough."""
    shared = ['param { name: "w" lr_mult: 0 } param { name: "b" lr_mult: 0 }'] * 2
    twins = [conv(MSRA, specs).replace('"c"', f'"{name}"') for name, specs in zip("cd", shared, strict=True)]
    for loaded in "cd":
        check_frozen_layers(net_of("".join(twins)), {loaded}, "t.caffemodel")
    half = twins[1].replace('name: "b"', "")
    with pytest.raises(NetError, match=r"layer 'd' \(Convolution\) is frozen"):
        check_frozen_layers(net_of(twins[0] + half), {"c"}, "t.caffemodel")
