"""How a net is put together from its prototxt, and run."""

import pytest
import torch
from small_nets import INPUT, build, fc, power, total

from torchcaffe.errors import NetError
from torchcaffe.proto.caffe_pb2 import TEST, TRAIN
from torchcaffe.rng import set_random_seed

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


# Errors.


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (
            'layer { name: "c" type: "Convolutoin" bottom: "x" top: "c" }',
            r"layer 'c': .*'Convolutoin'.*'Convolution'\?",
        ),
        (
            fc("y", "z"),
            r"layer 'y' \(InnerProduct\): no layer before it makes its bottom 'z' \(in the TRAIN phase\)\.$",
        ),
        (fc("pool", "x") + fc("y", "pol"), r"makes its bottom 'pol' \(in the TRAIN phase\)\. Did you mean 'pool'\?"),
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
