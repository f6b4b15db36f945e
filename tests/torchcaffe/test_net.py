import numpy as np
import pytest
import torch

from torchcaffe.errors import NetError
from torchcaffe.net import Net
from torchcaffe.proto.caffe_pb2 import TEST, TRAIN
from torchcaffe.proto.text import parse_net
from torchcaffe.rng import set_random_seed

INPUT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'


def build(text, phase=TRAIN, level=0, stages=(), dtype=torch.float64):
    param = parse_net(text)
    param.state.phase = phase
    param.state.level = level
    param.state.stage.extend(stages)
    return Net(param, device=torch.device("cpu"), dtype=dtype)


def fc(name, bottom, more="", num_output=3):
    return (
        f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{name}" {more} '
        f'inner_product_param {{ num_output: {num_output} bias_term: false weight_filler {{ type: "gaussian" }} }} }}'
    )


def total(bottom, weight=None, name=None):
    """Sums a blob up, as a loss if there is a weight."""
    name = name or f"{bottom}_sum"
    loss = "" if weight is None else f"loss_weight: {weight}"
    return f'layer {{ name: "{name}" type: "Reduction" bottom: "{bottom}" top: "{name}" {loss} }}'


def power(name, bottom, scale=1):
    param = f"power_param {{ scale: {scale} }}"
    return f'layer {{ name: "{name}" type: "Power" bottom: "{bottom}" top: "{name}" {param} }}'


def needs(net):
    """The layers that run backward, and for each which bottoms get a gradient."""
    return {node.layer.name: node.bottom_need_backward for node in net.nodes if node.need_backward}


# Splits.


def test_a_blob_read_twice_is_split_with_caffes_names():
    net = build(INPUT + total("x", name="a") + total("x", name="b") + fc("c", "x"))
    assert net.layer_names == ["in", "x_in_0_split", "a", "b", "c"]
    assert [net.blob_names[i] for i in net.nodes[1].top_ids] == ["x_in_0_split_0", "x_in_0_split_1", "x_in_0_split_2"]
    assert [net.blob_names[node.bottom_ids[0]] for node in net.nodes[1:]] == [
        "x",
        "x_in_0_split_0",
        "x_in_0_split_1",
        "x_in_0_split_2",
    ]


def test_what_counts_is_the_last_layer_that_wrote_the_blob():
    """fc writes y, relu overwrites it in place: the split bears relu's name, and stands after it."""
    relu = 'layer { name: "relu" type: "ReLU" bottom: "y" top: "y" }'
    net = build(INPUT + fc("y", "x") + relu + total("y", name="a") + total("y", name="b"))
    assert net.layer_names == ["in", "y", "relu", "y_relu_0_split", "a", "b"]


def test_the_number_of_the_top_is_in_the_name():
    cut = 'layer { name: "cut" type: "Slice" bottom: "x" top: "p" top: "q" slice_param { slice_point: 1 } }'
    net = build(INPUT + cut + total("q", name="a") + total("q", name="b"))
    assert "q_cut_1_split" in net.layer_names


def test_a_loss_that_is_read_is_split_and_the_split_takes_its_weight():
    net = build(INPUT + fc("y", "x") + total("y", 0.5) + power("z", "y_sum"))
    assert net.layer_names == ["in", "y", "y_sum", "y_sum_y_sum_0_split", "z"]
    assert [layer.loss_weights for layer in net.layers] == [[0], [0], [0], [0.5, 0], [0]]
    net.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    assert float(net.forward()) == pytest.approx(0.5 * float(net.blob("z").data))
    net.backward()
    assert net.blob("y").diff.tolist() == [[0.5] * 3] * 2


def test_a_blob_read_once_is_not_split():
    assert build(INPUT + total("x")).layer_names == ["in", "x_sum"]


# Rules.


def rule(name, text):
    return f'layer {{ name: "{name}" type: "Input" top: "{name}" {text} }}'


RULES = "".join(
    rule(name, text)
    for name, text in {
        "always": "",
        "train": "include { phase: TRAIN }",
        "not_train": "exclude { phase: TRAIN }",
        "low": "include { max_level: 2 }",
        "high": "include { min_level: 3 }",
        "middle": "include { min_level: 2 max_level: 3 }",
        "a": 'include { stage: "a" }',
        "a_and_b": 'include { stage: "a" stage: "b" }',
        "a_or_b": 'include { stage: "a" } include { stage: "b" }',
        "a_not_b": 'include { stage: "a" not_stage: "b" }',
        "not_a": 'exclude { stage: "a" }',
        "neither": 'exclude { stage: "a" } exclude { stage: "b" }',
        "train_a": 'include { phase: TRAIN stage: "a" }',
    }.items()
)


@pytest.mark.parametrize(
    ("phase", "level", "stages", "names"),
    [
        (TRAIN, 0, "", "always train low not_a neither"),
        (TEST, 0, "", "always not_train low not_a neither"),
        (TEST, 2, "", "always not_train low middle not_a neither"),
        (TEST, 3, "", "always not_train high middle not_a neither"),
        (TEST, 4, "", "always not_train high not_a neither"),
        (TRAIN, 0, "a", "always train low a a_or_b a_not_b train_a"),
        (TEST, 0, "b", "always not_train low a_or_b not_a"),
        (TEST, 0, "ab", "always not_train low a a_and_b a_or_b"),
        (TEST, 0, "c", "always not_train low not_a neither"),
    ],
)
def test_rules_of_phase_level_and_stage(phase, level, stages, names):
    assert build(RULES, phase, level, list(stages)).layer_names == names.split()


def test_include_and_exclude_together_are_refused():
    with pytest.raises(NetError, match=r"layer 'l'.*include and exclude"):
        build(rule("l", "include { } exclude { }"))


def test_layers_take_the_nets_phase_unless_they_have_their_own():
    text = INPUT + 'layer { name: "d" type: "Dropout" bottom: "x" top: "d" phase: TEST }' + total("d")
    assert [layer.train for layer in build(text, TRAIN).layers] == [True, False, True]
    assert [layer.train for layer in build(text, TEST).layers] == [False, False, False]


# Shared params.


def test_layers_that_share_a_param_have_one_and_add_up_its_gradient():
    """y = x w^T w^T, and the derivative by the shared w is the sum of both layers' parts."""
    shared = 'param { name: "w" }'
    text = INPUT + fc("y", "x", shared) + fc("z", "y", shared) + total("z", 1)
    net = build(text)
    assert [(p.layer, p.index) for p in net.params.learnable] == [("y", 0)]
    x, w = torch.tensor([[1.0, 2, 3], [0, -1, 2]]).double(), net.layer("y").blobs[0].data
    net.blob("x").data = x
    net.forward()
    net.backward()
    leaf = w.clone().requires_grad_()
    (x @ leaf.T @ leaf.T).sum().backward()
    torch.testing.assert_close(net.layer("z").blobs[0].diff, leaf.grad)
    assert net.layer("y").blobs[0].diff.data_ptr() == net.layer("z").blobs[0].diff.data_ptr()
    w.fill_(7)
    assert net.layer("z").blobs[0].data.tolist() == [[7] * 3] * 3


def test_the_owners_filler_counts():
    set_random_seed(1)
    alone = build(INPUT + fc("y", "x")).layer("y").blobs[0].data
    set_random_seed(1)
    net = build(INPUT + fc("y", "x", 'param { name: "w" }') + fc("z", "y", 'param { name: "w" }'))
    assert torch.equal(net.layer("z").blobs[0].data, alone)


def test_strict_sharing_wants_one_shape_and_permissive_one_count():
    """6 x 3 and 3 x 6 weights."""
    head = INPUT + fc("y", "x", 'param { name: "w" }', 6)
    with pytest.raises(
        NetError, match=r"layer 'z' \(InnerProduct\).*'w' of shape 3 6 \(18\).*'y', of shape 6 3 \(18\)"
    ):
        build(head + fc("z", "y", 'param { name: "w" }', 3))
    net = build(head + fc("z", "y", 'param { name: "w" share_mode: PERMISSIVE }', 3))
    assert net.layer("z").blobs[0].shape == (3, 6)
    assert net.layer("z").blobs[0].data.flatten().tolist() == net.layer("y").blobs[0].data.flatten().tolist()
    with pytest.raises(NetError, match="cannot share"):
        build(head + fc("z", "y", 'param { name: "w" share_mode: PERMISSIVE }', 2))


def test_multipliers_of_a_shared_param():
    """Whoever says them first, says them for all; another value is an error."""
    head = INPUT + fc("y", "x", 'param { name: "w" lr_mult: 2 }')
    net = build(head + fc("z", "y", 'param { name: "w" lr_mult: 2 decay_mult: 3 }'))
    (param,) = net.params.learnable
    assert (param.lr_mult, param.decay_mult) == (2, 3)
    with pytest.raises(NetError, match=r"layer 'z'.*another lr_mult than in layer 'y'"):
        build(head + fc("z", "y", 'param { name: "w" lr_mult: 1 }'))


def test_more_param_specs_than_params_are_refused():
    with pytest.raises(NetError, match=r"layer 'y' \(InnerProduct\): 2 param specs, but it has 1"):
        build(INPUT + fc("y", "x", "param { } param { }"))


def test_share_trained_layers_with():
    train = build(INPUT + fc("y", "x") + total("y", 1))
    test = build(INPUT + fc("y", "x") + fc("other", "y"), TEST)
    test.share_trained_layers_with(train)
    train.layer("y").blobs[0].data.fill_(5)
    assert test.layer("y").blobs[0].data.tolist() == [[5] * 3] * 3
    other = build(INPUT + fc("y", "x", num_output=4))
    with pytest.raises(NetError, match=r"layer 'y': its params are \[4 3 \(12\)\].*\[3 3 \(9\)\]"):
        other.share_trained_layers_with(train)


def test_share_trained_layers_with_says_what_it_passes_over_and_takes_the_first_of_a_name(caplog):
    caplog.set_level("INFO", logger="torchcaffe")
    train = build(INPUT + fc("y", "x") + fc("gone", "y"))
    test = build(INPUT + fc("y", "x") + fc("y", "y").replace('top: "y"', 'top: "z"'))
    test.share_trained_layers_with(train)
    assert [text for text in caplog.messages if "Ignoring" in text] == ["Ignoring source layer gone"]
    first, second = (layer.blobs[0].data for layer in test.layers if layer.name == "y")
    assert torch.equal(first, train.layer("y").blobs[0].data)
    assert not torch.equal(second, first)


# What runs backward.

FROZEN = "param { lr_mult: 0 }"


def test_only_what_learns_and_leads_to_a_loss_runs_backward():
    """a is frozen, b and c learn; d learns too, but no loss reads it."""
    text = INPUT + fc("a", "x", FROZEN) + fc("b", "a") + fc("c", "b") + total("c", 1) + fc("d", "b")
    assert needs(build(text)) == {"b": [False], "b_b_0_split": [True], "c": [True], "c_sum": [True]}


def test_nothing_runs_backward_without_a_loss():
    assert needs(build(INPUT + fc("a", "x") + total("a"))) == {}


def test_a_frozen_teacher_runs_forward_only():
    """The gradient of the hint loss goes to the student (bottom 0) alone."""
    hint = 'layer { name: "hint" type: "EuclideanLoss" bottom: "s" bottom: "t" top: "hint" }'
    text = INPUT + fc("t1", "x", FROZEN) + fc("t", "t1", FROZEN) + fc("s", "x") + hint
    assert needs(build(text)) == {"s": [False], "hint": [True, False]}


def test_propagate_down_false_cuts_off_what_lies_before():
    text = INPUT + fc("a", "x") + fc("b", "a", "propagate_down: false") + total("b", 1)
    assert needs(build(text)) == {"b": [False], "b_sum": [True]}


def test_propagate_down_false_cuts_one_branch_only():
    both = INPUT + fc("a", "x") + fc("b", "a", "{}") + fc("c", "a") + total("b", 1) + total("c", 1)
    cut = build(both.replace("{}", "propagate_down: false"))
    assert needs(cut)["a_a_0_split"] == [True]
    assert needs(cut)["b"] == [False]
    cut.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    cut.forward()
    cut.backward()
    want = torch.ones(2, 3, dtype=torch.float64) @ cut.layer("c").blobs[0].data
    torch.testing.assert_close(cut.blob("a").diff, want)


def test_propagate_down_true_asks_for_a_gradient_that_nobody_needs():
    text = INPUT + fc("a", "x", FROZEN + " propagate_down: true") + fc("b", "a") + total("b", 1)
    net = build(text)
    assert needs(net) == {"b": [False], "b_sum": [True]}
    text = INPUT + fc("a", "x", "propagate_down: true") + total("a", 1)
    net = build(text)
    assert needs(net) == {"a": [True], "a_sum": [True]}
    net.forward()
    net.backward()
    torch.testing.assert_close(net.blob("x").diff, net.layer("a").blobs[0].data.sum(0).expand(2, 3))


def test_propagate_down_must_be_given_for_every_bottom():
    with pytest.raises(NetError, match=r"layer 'a' \(InnerProduct\): 2 propagate_down for 1 bottoms"):
        build(INPUT + fc("a", "x", "propagate_down: true propagate_down: true"))


def test_force_backward_gives_every_gradient_but_that_of_labels():
    text = (
        "force_backward: true "
        + INPUT
        + 'layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 2 } } }'
        + fc("a", "x", FROZEN)
        + 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "a" bottom: "label" top: "loss" }'
    )
    net = build(text)
    assert needs(net) == {"in": [], "label": [], "a": [True], "loss": [True, False]}
    net.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    net.forward()
    net.backward()
    assert net.blob("x").diff.any()
    assert net.layer("a").blobs[0].diff.any()


# Losses.


def test_the_loss_is_the_weighted_sum_of_losses():
    """Sums of x and of 3 x with weights 2 and -1: 2 s - 3 s."""
    net = build(INPUT + power("t", "x", 3) + total("x", 2) + total("t", -1))
    net.blob("x").data = torch.arange(6.0).view(2, 3).double()
    assert float(net.forward()) == -15
    assert {name: weight for name, _, weight in net.outputs()} == {"x_sum": 2, "t_sum": -1}


def test_any_blob_can_be_a_loss():
    """A blob of many values counts with the sum of its values."""
    net = build(INPUT + fc("y", "x", "loss_weight: 0.5"))
    net.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    assert float(net.forward()) == pytest.approx(0.5 * float(net.blob("y").data.sum()))
    net.backward()
    assert net.blob("y").diff.tolist() == [[0.5] * 3] * 2


def test_loss_weight_zero_switches_a_loss_off():
    loss = 'layer { name: "l" type: "EuclideanLoss" bottom: "y" bottom: "z" top: "l" loss_weight: 0 }'
    net = build(INPUT + fc("y", "x") + fc("z", "x") + loss)
    assert needs(net) == {}
    net.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    assert float(net.forward()) == 0
    assert float(net.blob("l").data) > 0


def test_loss_weights_must_be_one_a_top():
    with pytest.raises(NetError, match=r"layer 'y' \(InnerProduct\): 2 loss_weight for 1 tops"):
        build(INPUT + fc("y", "x", "loss_weight: 1 loss_weight: 1"))


def test_a_loss_without_a_top_has_one_of_its_own():
    net = build(INPUT + fc("y", "x") + 'layer { name: "l" type: "EuclideanLoss" bottom: "x" bottom: "y" }')
    net.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    assert float(net.forward()) > 0
    assert list(net.outputs()) == []
    assert net.blob_names[-1] == "(automatic)"


# Errors.


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (
            'layer { name: "c" type: "Convolutoin" bottom: "x" top: "c" }',
            r"layer 'c': .*'Convolutoin'.*'Convolution'\?",
        ),
        (fc("y", "z"), r"layer 'y' \(InnerProduct\): no layer before it makes its bottom 'z' \(in the TRAIN phase\)"),
        (
            'layer { name: "p" type: "Power" bottom: "x" top: "a" top: "b" }',
            r"layer 'p' \(Power\): it takes exactly 1 top",
        ),
        ('layer { name: "p" type: "Power" top: "a" }', r"layer 'p' \(Power\): it takes exactly 1 bottom"),
    ],
)
def test_errors_name_the_layer(text, word):
    with pytest.raises(NetError, match=word):
        build(INPUT + text)


def test_one_name_for_two_tops_is_refused():
    with pytest.raises(NetError, match=r"layer 'b' \(Power\): its top 'y' is a top of another layer already"):
        build(INPUT + fc("y", "x") + power("b", "x").replace('top: "b"', 'top: "y"'))


def test_overwriting_a_blob_that_another_layer_has_read_is_refused():
    """In Caffe too: the split gives the in-place layer another bottom, so that its top is made twice."""
    relu = 'layer { name: "relu" type: "ReLU" bottom: "y" top: "y" }'
    with pytest.raises(NetError, match=r"layer 'relu' \(ReLU\): its top 'y' is a top of another layer already"):
        build(INPUT + fc("y", "x") + total("y") + relu)


# Running.


def test_outputs_are_in_the_order_of_their_names():
    net = build(INPUT + fc("z", "x") + fc("b", "x") + fc("a", "x"))
    assert [name for name, _, _ in net.outputs()] == ["a", "b", "z"]


def test_parts_of_a_net_run_alone():
    net = build(INPUT + fc("a", "x") + fc("b", "a") + total("b", 1))
    net.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    loss = float(net.forward())
    net.blob("a").data = torch.zeros(2, 3, dtype=torch.float64)
    assert float(net.forward_from_to(2, 3)) == 0
    net.forward_from_to(0, 1)
    assert float(net.forward_from_to(2, 3)) == pytest.approx(loss)
    net.backward_from_to(3, 2)
    assert net.layer("b").blobs[0].diff.any()
    assert not net.layer("a").blobs[0].diff.any()


def test_callbacks_run_around_every_layer():
    net = build(INPUT + fc("a", "x") + total("a", 1))
    seen = []
    net.before_forward.append(lambda i: seen.append(f"<{i}"))
    net.after_forward.append(lambda i: seen.append(f"{i}>"))
    net.before_backward.append(lambda i: seen.append(f"({i}"))
    net.after_backward.append(lambda i: seen.append(f"{i})"))
    net.forward()
    net.backward()
    assert " ".join(seen) == "<0 0> <1 1> <2 2> (2 2) (1 1) (0 0)"


def test_a_changed_input_reshapes_the_net():
    net = build(INPUT + fc("a", "x") + total("a", 1))
    net.blob("x").reshape(7, 3)
    net.reshape()
    assert net.blob("a").shape == (7, 3)
    net.blob("x").reshape(5, 3)
    net.forward()
    assert net.blob("a").shape == (5, 3)


def test_params_start_from_the_fillers_in_the_order_of_the_layers():
    set_random_seed(4)
    first = [p.blob.data for p in build(INPUT + fc("a", "x") + fc("b", "a")).params.learnable]
    set_random_seed(4)
    again = [p.blob.data for p in build(INPUT + fc("a", "x") + fc("b", "a")).params.learnable]
    assert all(torch.equal(*pair) for pair in zip(first, again, strict=True))
    assert not torch.equal(*first)


# All together: a residual net with option A's shortcut, on random images.


def convolution(name, bottom, num_output, stride=1):
    window = f"num_output: {num_output} kernel_size: 3 pad: 1 stride: {stride} bias_term: false"
    return (
        f'layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}" '
        f'convolution_param {{ {window} weight_filler {{ type: "msra" }} }} }}'
        f'layer {{ name: "{name}_bn" type: "BatchNorm" bottom: "{name}" top: "{name}" }}'
        f'layer {{ name: "{name}_scale" type: "Scale" bottom: "{name}" top: "{name}" '
        "scale_param { bias_term: true } }"
    )


def relu(blob):
    return f'layer {{ name: "{blob}_relu" type: "ReLU" bottom: "{blob}" top: "{blob}" }}'


RESNET = "".join(
    [
        'layer { name: "in" type: "Input" top: "x" top: "label" ',
        "input_param { shape { dim: 10 dim: 3 dim: 6 dim: 8 } shape { dim: 10 } } }",
        convolution("stem", "x", 4) + relu("stem"),
        convolution("a1", "stem", 4) + relu("a1") + convolution("a2", "a1", 4),
        'layer { name: "a" type: "Eltwise" bottom: "stem" bottom: "a2" top: "a" }' + relu("a"),
        convolution("b1", "a", 6, 2) + relu("b1") + convolution("b2", "b1", 6),
        'layer { name: "sub" type: "Convolution" bottom: "a" top: "sub" param { lr_mult: 0 decay_mult: 0 } ',
        "convolution_param { num_output: 4 group: 4 kernel_size: 1 stride: 2 bias_term: false ",
        'weight_filler { type: "constant" value: 1 } } }',
        'layer { name: "cut" type: "Slice" bottom: "sub" top: "some" top: "rest" slice_param { slice_point: 2 } }',
        'layer { name: "rest" type: "Silence" bottom: "rest" }',
        'layer { name: "zero" type: "Power" bottom: "some" top: "zero" power_param { scale: 0 } }',
        'layer { name: "shortcut" type: "Concat" bottom: "sub" bottom: "zero" top: "shortcut" }',
        'layer { name: "b" type: "Eltwise" bottom: "shortcut" bottom: "b2" top: "b" }' + relu("b"),
        'layer { name: "pool" type: "Pooling" bottom: "b" top: "pool" ',
        "pooling_param { pool: AVE global_pooling: true } }",
        fc("fc", "pool", num_output=5),
        'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }',
        'layer { name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "label" top: "accuracy" }',
    ]
)


def test_a_residual_net_learns():
    set_random_seed(3)
    net = build(RESNET, dtype=torch.float32)
    rng = np.random.default_rng(0)
    net.blob("x").data = torch.from_numpy(rng.normal(size=(10, 3, 6, 8)).astype(np.float32))
    net.blob("label").data = torch.arange(10, dtype=torch.float32) % 5
    losses = []
    for _ in range(30):
        losses.append(float(net.forward()))
        for param in net.params.learnable:
            param.blob.diff.zero_()
        net.backward()
        for param in net.params.learnable:
            param.blob.data.sub_(param.blob.diff, alpha=0.1 * (1 if param.lr_mult is None else param.lr_mult))
    assert losses[0] > 1.2
    assert losses[-1] < 0.3 * losses[0]
    assert float(net.blob("accuracy").data) == 1
    assert net.layer("sub").blobs[0].data.tolist() == [[[[1.0]]]] * 4
    factor = (1 - 0.999**30) / (1 - 0.999)
    assert float(net.layer("stem_bn").blobs[2].data) == pytest.approx(factor, rel=1e-5)


def test_gradients_of_a_residual_net_are_those_of_finite_differences():
    """Along one random direction of all params at once, in float64."""
    set_random_seed(3)
    net = build(RESNET)
    rng = np.random.default_rng(0)
    net.blob("x").data = torch.from_numpy(rng.normal(size=(10, 3, 6, 8)))
    net.blob("label").data = (torch.arange(10) % 5).double()
    net.forward()
    net.backward()
    params = [p.blob for p in net.params.learnable if p.lr_mult != 0]
    directions = [torch.from_numpy(rng.normal(size=blob.shape)) for blob in params]
    slope = sum(float((blob.diff * direction).sum()) for blob, direction in zip(params, directions, strict=True))
    values = []
    for step in (1e-6, -2e-6):
        for blob, direction in zip(params, directions, strict=True):
            blob.data.add_(direction, alpha=step)
        values.append(float(net.forward()))
    assert (values[0] - values[1]) / 2e-6 == pytest.approx(slope, rel=1e-5)


# The diff of a loss.


def test_what_is_written_into_the_diff_of_a_loss_counts_from_then_on():
    """In the loss and in the gradient; Caffe sets it to the weight once, when it makes the net."""
    net = build("force_backward: true " + INPUT + total("x", 2))
    net.blob("x").data = torch.arange(6.0, dtype=torch.float64).view(2, 3)
    for weight in (2, 5):
        assert float(net.forward()) == weight * 15
        net.backward()
        assert net.blob("x").diff.tolist() == [[weight] * 3] * 2
        net.blob("x_sum").diff.fill_(5)


def test_a_diff_may_differ_within_a_top():
    net = build(INPUT + 'layer { name: "y" type: "Power" bottom: "x" top: "y" loss_weight: 1 }')
    net.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    net.blob("y").diff = torch.arange(6.0, dtype=torch.float64).view(2, 3)
    assert float(net.forward()) == 15
    net.blob("x").reshape(1, 3)
    net.blob("x").data = torch.ones(1, 3, dtype=torch.float64)
    assert float(net.forward()) == 3, "for a new shape it is the weight again"


# Debug info.


def test_debug_info_of_the_net_itself(caplog):
    """Without a solver; lines as the real Caffe has them."""
    caplog.set_level("INFO", logger="torchcaffe")
    text = "debug_info: true force_backward: true " + INPUT + total("x", 2)
    net = build(text)
    net.blob("x").data = torch.ones(2, 3, dtype=torch.float64)
    net.forward()
    net.backward()
    lines = [line for line in caplog.messages if line.startswith("    [")]
    assert lines == [
        "    [Forward] Layer in, top blob x data: 1",
        "    [Forward] Layer x_sum, top blob x_sum data: 6",
        "    [Backward] Layer x_sum, bottom blob x diff: 2",
        "    [Backward] All net params (data, diff): L1 norm = (0, 0); L2 norm = (0, 0)",
    ]
    net.set_debug_info(False)
    net.forward()
    net.backward()
    assert len([line for line in caplog.messages if line.startswith("    [")]) == len(lines)
    assert not net.after_forward + net.after_backward
