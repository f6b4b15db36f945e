"""The fast path against the plain layers, in float64, where rounding cannot hide a mistake."""

import pytest
import torch

from torchcaffe.fast import compile_net
from torchcaffe.fast.op import PlainOp
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net
from torchcaffe.rng import set_random_seed

FROZEN = "param { lr_mult: 0 decay_mult: 0 }"
INPUT = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 3 dim: 4 dim: 9 dim: 7 } } }'


def convolution(name: str, bottom: str, outputs: int, more: str = "", spec: str = "", bias: bool = False) -> str:
    return f"""layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}" {spec}
      convolution_param {{ num_output: {outputs} kernel_size: 3 pad: 1 bias_term: {str(bias).lower()} {more}
        weight_filler {{ type: "msra" }} bias_filler {{ type: "gaussian" }} }} }}"""


def norm(blob: str, spec: str = "", more: str = "", relu: bool = True, slope: float = 0) -> str:
    return f"""
    layer {{ name: "{blob}/bn" type: "BatchNorm" bottom: "{blob}" top: "{blob}" {FROZEN * 3}
      batch_norm_param {{ moving_average_fraction: 0.9 {more} }} }}
    layer {{ name: "{blob}/scale" type: "Scale" bottom: "{blob}" top: "{blob}" {spec * 2}
      scale_param {{ bias_term: true filler {{ type: "gaussian" mean: 1 std: 0.3 }}
        bias_filler {{ type: "gaussian" std: 0.2 }} }} }}
    """ + (
        f'layer {{ name: "{blob}/relu" type: "ReLU" bottom: "{blob}" top: "{blob}" '
        f"relu_param {{ negative_slope: {slope} }} }}"
        if relu
        else ""
    )


RESIDUAL = f"""{INPUT}
{convolution("a", "data", 6)} {norm("a")}
{convolution("b", "a", 12, "stride: 2")} {norm("b", relu=False)}
layer {{ name: "sub" type: "Convolution" bottom: "a" top: "sub" {FROZEN}
  convolution_param {{ num_output: 6 group: 6 kernel_size: 1 stride: 2 bias_term: false
    weight_filler {{ type: "constant" value: 1 }} }} }}
layer {{ name: "zeros" type: "Power" bottom: "sub" top: "zeros" power_param {{ scale: 0 }} }}
layer {{ name: "cat" type: "Concat" bottom: "sub" bottom: "zeros" top: "cat" }}
layer {{ name: "sum" type: "Eltwise" bottom: "cat" bottom: "b" top: "sum" }}
layer {{ name: "sum/relu" type: "ReLU" bottom: "sum" top: "sum" }}
layer {{ name: "pool" type: "Pooling" bottom: "sum" top: "pool" pooling_param {{ pool: AVE global_pooling: true }} }}
layer {{ name: "fc" type: "InnerProduct" bottom: "pool" top: "fc"
  inner_product_param {{ num_output: 5 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "target" type: "Input" top: "target" input_param {{ shape {{ dim: 3 dim: 5 }} }} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "fc" bottom: "target" top: "loss" }}
"""
TEACHER = f"""{INPUT}
{convolution("s", "data", 5)} {norm("s")}
{convolution("t", "data", 5, spec=FROZEN * 2, bias=True)} {norm("t", FROZEN, "use_global_stats: true")}
{convolution("t2", "t", 5, spec=FROZEN)} {norm("t2", FROZEN, "use_global_stats: true", relu=False)}
layer {{ name: "hint" type: "EuclideanLoss" bottom: "s" bottom: "t2" top: "hint" }}
"""


def build(text: str, phase: int = caffe_pb2.TRAIN) -> Net:
    """The net in float64, with the same random params, statistics and inputs each time."""
    set_random_seed(7)
    param = parse_net(text, "test")
    param.state.phase = phase
    net = Net(param, dtype=torch.float64)
    generator = torch.Generator().manual_seed(11)
    for layer in net.layers:
        if layer.param.type == "BatchNorm":
            layer.blobs[0].data.normal_(generator=generator)
            layer.blobs[1].data.uniform_(0.5, 3, generator=generator)
            layer.blobs[2].data.fill_(1.7)
    for i in net.input_ids:
        net.blobs[i].data.normal_(generator=generator)
    return net


def kinds(net: Net, backward: bool = True) -> list[str]:
    """What a net is compiled to; `-` before the layers that stay plain."""
    return [f"-{op.kind}" if isinstance(op, PlainOp) else op.kind for op in compile_net(net, backward).ops]


def compare(text: str, rounds: int = 2) -> None:
    """Every blob, param and statistic, and every param's diff, over a few passes.

    A compiled net does not keep the diffs between its layers; those of the params cannot be right without them.
    """
    plain, fast = build(text), build(text)
    fast.program = compile_net(fast)
    for _ in range(rounds):
        torch.testing.assert_close(fast.forward(), plain.forward(), rtol=1e-12, atol=0)
        plain.backward()
        fast.backward()
    for name, a, b in zip(plain.blob_names, plain.blobs, fast.blobs, strict=True):
        torch.testing.assert_close(b.data, a.data, rtol=1e-10, atol=1e-12, msg=f"data of {name}")
    for a, b in zip(plain.params.learnable, fast.params.learnable, strict=True):
        torch.testing.assert_close(b.blob.data, a.blob.data, rtol=1e-12, atol=1e-14, msg=f"{a.layer} {a.index}")
        torch.testing.assert_close(b.blob.diff, a.blob.diff, rtol=1e-9, atol=1e-12, msg=f"{a.layer} {a.index}")


def test_residual_module_with_zero_padded_shortcut() -> None:
    assert kinds(build(RESIDUAL)) == [
        "-Input",
        "Convolution",
        "BatchNorm+Scale+ReLU+Split",
        "Convolution",
        "Convolution+Split+Power+Concat",
        "BatchNorm+Scale+Eltwise+ReLU",
        "Pooling",
        "-InnerProduct",
        "-Input",
        "-EuclideanLoss",
    ]
    compare(RESIDUAL)


def test_frozen_teacher_is_folded_and_stays_as_it_is() -> None:
    assert kinds(build(TEACHER)) == [
        "-Input",
        "Split",
        "Convolution",
        "BatchNorm+Scale+ReLU",
        "Convolution+BatchNorm+Scale+ReLU",
        "Convolution+BatchNorm+Scale",
        "-EuclideanLoss",
    ]
    compare(TEACHER)
    net = build(TEACHER)
    before = [blob.data.clone() for layer in net.layers if layer.name.startswith("t") for blob in layer.blobs]
    net.program = compile_net(net)
    net.forward()
    net.backward()
    after = [blob.data for layer in net.layers if layer.name.startswith("t") for blob in layer.blobs]
    assert len(before) == 2 + 1 + 2 * (3 + 2)
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_test_phase_folds_what_training_learns() -> None:
    plain, fast = build(RESIDUAL, caffe_pb2.TEST), build(RESIDUAL, caffe_pb2.TEST)
    fast.program = compile_net(fast, backward=False)
    assert kinds(fast, backward=False)[1:5] == [
        "Convolution+BatchNorm+Scale+ReLU",
        "Split",
        "Convolution+Split+Power+Concat",
        "Convolution+BatchNorm+Scale+Eltwise+ReLU",
    ]
    plain.forward()
    fast.forward()
    for name in ("a", "b", "sum", "fc"):
        torch.testing.assert_close(fast.blob(name).data, plain.blob(name).data, rtol=1e-10, atol=1e-12)


FROZEN_SUM = f"""{INPUT}
{convolution("s", "data", 5)} {norm("s", relu=False)}
{convolution("a", "data", 5, spec=FROZEN)} {norm("a", FROZEN, "use_global_stats: true", relu=False)}
{convolution("b", "data", 5, spec=FROZEN)} {norm("b", FROZEN, "use_global_stats: true", relu=False)}
layer {{ name: "sum" type: "Eltwise" bottom: "b" bottom: "a" top: "sum" }}
%s
layer {{ name: "hint" type: "EuclideanLoss" bottom: "s" bottom: "sum" top: "hint" }}
layer {{ name: "too" type: "EuclideanLoss" bottom: "s" bottom: "sum" top: "too" }}
"""
RELU_OF_SUM = 'layer { name: "sum/relu" type: "ReLU" bottom: "sum" top: "sum" }'


@pytest.mark.parametrize(("relu", "more"), [("", ""), (RELU_OF_SUM, "+ReLU")])
def test_a_frozen_sum_is_part_of_the_first_convolution_that_it_adds(relu: str, more: str) -> None:
    text = FROZEN_SUM % relu
    made = [kind for kind in kinds(build(text)) if "Convolution+" in kind]
    assert made == ["Convolution+BatchNorm+Scale", f"Convolution+BatchNorm+Scale+Eltwise{more}+Split"]
    compare(text)


def test_a_sum_of_a_frozen_and_a_learning_branch_is_not_folded() -> None:
    text = f"""{INPUT}
{convolution("a", "data", 5, spec=FROZEN)} {norm("a", FROZEN, "use_global_stats: true", relu=False)}
{convolution("b", "data", 5)} {norm("b", relu=False)}
layer {{ name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum" }}
layer {{ name: "target" type: "Input" top: "target" input_param {{ shape {{ dim: 3 dim: 5 dim: 9 dim: 7 }} }} }}
layer {{ name: "hint" type: "EuclideanLoss" bottom: "sum" bottom: "target" top: "hint" }}"""
    assert [kind for kind in kinds(build(text)) if "Eltwise" in kind] == ["BatchNorm+Scale+Eltwise"]
    compare(text)


def test_folding_follows_a_changed_param() -> None:
    plain, fast = build(TEACHER), build(TEACHER)
    fast.program = compile_net(fast)
    fast.forward()
    for net in (plain, fast):
        net.layer("t/bn").blobs[1].data.mul_(2)
        net.layer("t2").blobs[0].data.add_(0.1)
    torch.testing.assert_close(fast.forward(), plain.forward(), rtol=1e-12, atol=0)


def norm_only(blob: str) -> str:
    return norm(blob).split('layer { name: "a/scale"')[0]


NOT_IN_PLACE = norm("a").replace('bottom: "a" top', 'bottom: "c" top', 1)


@pytest.mark.parametrize(
    "text",
    [
        f"{INPUT} {convolution('a', 'data', 6)} {norm_only('a')}",
        f"""{INPUT} layer {{ name: "a" type: "Eltwise" bottom: "data" bottom: "data" top: "a"
            eltwise_param {{ coeff: 1 coeff: -2 }} }} layer {{ name: "r" type: "ReLU" bottom: "a" top: "a" }}""",
        f"{INPUT} {convolution('a', 'data', 4, 'group: 2')} {norm_only('a')}",
        f"{INPUT} {convolution('c', 'data', 6)} {NOT_IN_PLACE}",
    ],
    ids=["no Scale", "weighted sum", "grouped 3x3", "norm not in place"],
)
def test_what_looks_alike_is_left_plain(text: str) -> None:
    text += (
        'layer { name: "l" type: "Reduction" bottom: "a" top: "l" loss_weight: 1 reduction_param { operation: SUMSQ } }'
    )
    assert not [kind for kind in kinds(build(text)) if "+" in kind]
    compare(text)


def test_leaky_relu_is_not_fused() -> None:
    text = f"{INPUT} {convolution('a', 'data', 6)} {norm('a', slope=0.1)}" + (
        'layer { name: "l" type: "Reduction" bottom: "a" top: "l" loss_weight: 1 }'
    )
    assert kinds(build(text)) == ["-Input", "Convolution", "BatchNorm+Scale", "-ReLU", "-Reduction"]
    compare(text)


def test_watching_the_layers_leaves_the_fast_path() -> None:
    net = build(RESIDUAL)
    net.program = compile_net(net)
    seen: list[int] = []
    net.before_forward.append(seen.append)
    net.forward()
    assert seen == list(range(len(net.nodes)))


def norm_and_scale(axis: int, stats: str, spec: str, relu: bool) -> str:
    """A Scale by `axis` after BatchNorm, on a blob (3, C, 9, 7)."""
    return norm("a", spec, stats, relu).replace("scale_param {", f"scale_param {{ axis: {axis}")


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize(
    ("axis", "channels"),
    [(0, 3), (2, 9), (3, 7), (-1, 7), (-2, 9), (-4, 3), (1, 6), (-3, 6)],
)
def test_a_scale_along_another_axis_is_not_taken_for_one_by_channel(
    axis: int, channels: int, frozen: bool, relu: bool
) -> None:
    """Where there are as many channels as images, rows or columns, a scale of each of these has the shape of one by
    channel."""
    spec, stats = (FROZEN, "use_global_stats: true") if frozen else ("", "")
    text = f"{INPUT} {convolution('a', 'data', channels, spec=spec)} {norm_and_scale(axis, stats, spec, relu)}" + (
        'layer { name: "to" type: "InnerProduct" bottom: "a" top: "to" '
        'inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }'
        'layer { name: "l" type: "Reduction" bottom: "to" top: "l" loss_weight: 1 '
        "reduction_param { operation: SUMSQ } }"
    )
    by_channel = axis in (1, -3)
    assert any("BatchNorm+Scale" in kind for kind in kinds(build(text))) == by_channel
    compare(text)
    plain, fast = build(text, caffe_pb2.TEST), build(text, caffe_pb2.TEST)
    assert any("BatchNorm+Scale" in kind for kind in kinds(fast, backward=False)) == by_channel
    fast.program = compile_net(fast, backward=False)
    torch.testing.assert_close(fast.forward(), plain.forward(), rtol=1e-12, atol=0)
    torch.testing.assert_close(fast.blob("a").data, plain.blob("a").data, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("phase", [caffe_pb2.TRAIN, caffe_pb2.TEST])
@pytest.mark.parametrize(
    ("layers", "plain_ones"),
    [
        (convolution("a", "data", 5, spec="loss_weight: 0.5"), ["-Convolution"]),
        (
            'layer { name: "a" type: "Pooling" bottom: "data" top: "a" loss_weight: 0.5 '
            "pooling_param { pool: AVE global_pooling: true } }",
            ["-Pooling"],
        ),
        (
            convolution("a", "data", 5, spec=FROZEN)
            + norm("a", FROZEN, "use_global_stats: true").replace(
                'type: "ReLU" bottom: "a" top: "a"', 'type: "ReLU" bottom: "a" top: "a" loss_weight: 0.5'
            ),
            ["-BatchNorm", "-Scale", "-ReLU"],
        ),
    ],
    ids=["Convolution", "global average", "folded"],
)
def test_a_top_with_a_loss_weight_counts(layers: str, plain_ones: list[str], phase: int) -> None:
    """Of any layer, not of losses alone."""
    text = INPUT + layers
    plain, fast = build(text, phase), build(text, phase)
    backward = phase == caffe_pb2.TRAIN
    assert [kind for kind in kinds(fast, backward) if kind.startswith("-")] == ["-Input", *plain_ones]
    fast.program = compile_net(fast, backward)
    loss = fast.forward()
    assert loss != 0
    torch.testing.assert_close(loss, plain.forward(), rtol=1e-12, atol=0)
    if backward:
        compare(text)


def test_a_shortcut_whose_kept_part_is_cut_off_is_not_fused() -> None:
    joint = 'layer { name: "cat" type: "Concat" bottom: "sub" bottom: "zeros" top: "cat"'
    text = RESIDUAL.replace(joint, f"{joint} propagate_down: false propagate_down: true")
    assert text != RESIDUAL
    assert "-Concat" in kinds(build(text))
    compare(text)
