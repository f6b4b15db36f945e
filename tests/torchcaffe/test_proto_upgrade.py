"""Old formats turned into today's. Expected nets are written out by hand from Caffe 1.0's upgrade rules."""

import logging

import pytest

from torchcaffe.errors import ProtoError
from torchcaffe.proto.caffe_pb2 import LayerParameter, NetParameter, SolverParameter, V1LayerParameter
from torchcaffe.proto.text import parse, parse_net, parse_solver
from torchcaffe.proto.upgrade import upgrade_net, upgrade_solver

V1_NET = """
name: "old"
layers {
  name: "mnist" type: DATA top: "data" top: "label" include { phase: TRAIN }
  data_param {
    source: "db" backend: LMDB batch_size: 64
    scale: 0.25 mean_file: "m" crop_size: 28 mirror: true
  }
}
layers {
  name: "conv1" type: CONVOLUTION bottom: "data" top: "conv1"
  param: "shared" param: "" blob_share_mode: PERMISSIVE
  blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
  convolution_param { num_output: 20 kernel_size: 5 }
}
layers { name: "relu1" type: RELU bottom: "conv1" top: "conv1" }
layers {
  name: "loss" type: SOFTMAX_LOSS bottom: "conv1" bottom: "label"
  loss_weight: 0.5 loss_param { ignore_label: 3 }
}
"""
V1_NET_UPGRADED = """
name: "old"
layer {
  name: "mnist" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  transform_param { scale: 0.25 mean_file: "m" crop_size: 28 mirror: true }
  data_param { source: "db" backend: LMDB batch_size: 64 }
}
layer {
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { name: "shared" share_mode: PERMISSIVE lr_mult: 1 decay_mult: 1 }
  param { name: "" lr_mult: 2 decay_mult: 0 }
  convolution_param { num_output: 20 kernel_size: 5 }
}
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer {
  name: "loss" type: "SoftmaxWithLoss" bottom: "conv1" bottom: "label"
  loss_weight: 0.5 loss_param { ignore_label: 3 }
}
"""
V0_NET = """
name: "older"
input: "data" input_dim: 2 input_dim: 3 input_dim: 5 input_dim: 7
layers { layer { name: "pad1" type: "padding" pad: 2 } bottom: "data" top: "pad1" }
layers {
  layer {
    name: "conv1" type: "conv" num_output: 4 biasterm: false kernelsize: 5 stride: 2 group: 1
    weight_filler { type: "gaussian" std: 0.01 } blobs_lr: 1 weight_decay: 3
  }
  bottom: "pad1" top: "conv1"
}
layers {
  layer { name: "pool1" type: "pool" pool: AVE kernelsize: 3 stride: 2 num_output: 9 }
  bottom: "conv1" top: "pool1"
}
layers { layer { name: "ip" type: "innerproduct" num_output: 10 } bottom: "pool1" top: "ip" }
layers { layer { name: "prob" type: "softmax" } bottom: "ip" top: "prob" }
"""
V0_NET_UPGRADED = """
name: "older"
layer { name: "input" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 5 dim: 7 } } }
layer {
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1" param { lr_mult: 1 decay_mult: 3 }
  convolution_param {
    num_output: 4 bias_term: false pad: 2 kernel_size: 5 stride: 2 group: 1
    weight_filler { type: "gaussian" std: 0.01 }
  }
}
layer {
  name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: AVE kernel_size: 3 stride: 2 }
}
layer { name: "ip" type: "InnerProduct" bottom: "pool1" top: "ip" inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""


def test_v1_net() -> None:
    assert parse_net(V1_NET) == parse(V1_NET_UPGRADED, NetParameter)


def test_v0_net() -> None:
    net = parse(V0_NET, NetParameter)
    notes = upgrade_net(net, "v0")
    assert net == parse(V0_NET_UPGRADED, NetParameter)
    assert 'layer "pool1": num_output, unknown to type "pool", was left out' in notes


def test_v0_data_layer_fields_go_to_transform_param() -> None:
    net = parse_net(
        'layers { layer { name: "d" type: "data" source: "db" batchsize: 8 scale: 0.5 meanfile: "m"'
        ' cropsize: 9 mirror: true rand_skip: 3 } top: "data" }'
    )
    assert net == parse(
        'layer { name: "d" type: "Data" top: "data" transform_param { scale: 0.5 mean_file: "m" crop_size: 9'
        ' mirror: true } data_param { source: "db" batch_size: 8 rand_skip: 3 } }',
        NetParameter,
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("CONVOLUTION", "Convolution"),
        ("ABSVAL", "AbsVal"),
        ("ARGMAX", "ArgMax"),
        ("HDF5_DATA", "HDF5Data"),
        ("IM2COL", "Im2col"),
        ("LRN", "LRN"),
        ("SIGMOID_CROSS_ENTROPY_LOSS", "SigmoidCrossEntropyLoss"),
        ("EUCLIDEAN_LOSS", "EuclideanLoss"),
        ("TANH", "TanH"),
        ("MVN", "MVN"),
        ("NONE", ""),
    ],
)
def test_v1_type_names(old: str, new: str) -> None:
    assert parse_net(f"layers {{ type: {old} }}").layer[0].type == new


def test_every_v1_parameter_message_has_its_place() -> None:
    for field in V1LayerParameter.DESCRIPTOR.fields:
        if field.name.endswith("_param"):
            layer = parse_net(f"layers {{ type: RELU {field.name} {{ }} }}").layer[0]
            assert layer.HasField(field.name)
            assert LayerParameter.DESCRIPTOR.fields_by_name[field.name].message_type is field.message_type


def test_inputs_with_shapes_come_first() -> None:
    net = parse_net(
        'input: "a" input_shape { dim: 3 } input: "b" input_shape { dim: 2 dim: 5 } layer { name: "r" type: "ReLU" }'
    )
    assert net == parse(
        'layer { name: "input" type: "Input" top: "a" top: "b"'
        " input_param { shape { dim: 3 } shape { dim: 2 dim: 5 } } }"
        ' layer { name: "r" type: "ReLU" }',
        NetParameter,
    )


def test_inputs_without_sizes_are_left_out() -> None:
    assert parse_net('input: "a" layer { name: "r" }') == parse('layer { name: "r" }', NetParameter)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('input: "a" input_dim: 1 input_dim: 2', "f: 1 input, but 2 input_dim: give four each"),
        ('input: "a" input: "b" input_shape { dim: 1 }', "f: 2 input, but 1 input_shape: give one each"),
        ('layer { type: "ReLU" } layers { type: RELU }', "f: both `layer` and the older `layers` are given"),
        ('layers { layer { name: "x" type: "nope" } }', 'f: layer "x" has the unknown type "nope"'),
        (
            'layers { layer { type: "relu" } } layers { name: "y" type: RELU }',
            'f: layer "y" is in a newer format',
        ),
        (
            'layers { layer { name: "x" type: "relu" } bottom: "q" }',
            'f: layer "x" reads "q", which no layer before it',
        ),
        (
            'input: "a" layers { layer { name: "p" type: "padding" } bottom: "a" top: "b" }'
            ' layers { layer { name: "x" type: "relu" } bottom: "b" }',
            'f: padding layer "p" feeds "x", of type "relu" and with 1 bottoms',
        ),
    ],
)
def test_nets_that_cannot_be_upgraded(source: str, message: str) -> None:
    with pytest.raises(ProtoError) as caught:
        parse_net(source, "f")
    assert str(caught.value).startswith(message)


def test_batch_norm_with_three_params_is_frozen() -> None:
    """Caffe 1.0 sets lr_mult and decay_mult of all three to 0 and keeps the rest; it leaves other counts."""
    net = parse(
        'layer { name: "a" type: "BatchNorm" param { name: "m" lr_mult: 1 } param { } param { lr_mult: 0 } }'
        ' layer { name: "b" type: "BatchNorm" param { lr_mult: 1 } }'
        ' layer { name: "c" type: "Scale" param { } param { } param { } }',
        NetParameter,
    )
    untouched = [LayerParameter.FromString(layer.SerializeToString()) for layer in net.layer[1:]]
    assert upgrade_net(net, "f") == ["lr_mult and decay_mult were set to 0 for the statistics of a"]
    assert [(spec.name, spec.lr_mult, spec.decay_mult) for spec in net.layer[0].param] == [
        ("m", 0, 0),
        ("", 0, 0),
        ("", 0, 0),
    ]
    assert list(net.layer[1:]) == untouched
    assert upgrade_net(net, "f") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SGD", "SGD"),
        ("NESTEROV", "Nesterov"),
        ("ADAGRAD", "AdaGrad"),
        ("RMSPROP", "RMSProp"),
        ("ADADELTA", "AdaDelta"),
        ("ADAM", "Adam"),
    ],
)
def test_solver_type(old: str, new: str) -> None:
    solver = parse(f"solver_type: {old}", SolverParameter)
    assert upgrade_solver(solver, "s") == [f'solver_type was upgraded to type: "{new}"']
    assert solver.type == new
    assert not solver.HasField("solver_type")


def test_solver_with_both_types() -> None:
    with pytest.raises(ProtoError, match="s: both `type` and the older `solver_type` are given"):
        parse_solver('solver_type: ADAM type: "SGD"', "s")


def test_nets_inside_a_solver_are_upgraded() -> None:
    solver = parse_solver("net_param { layers { type: RELU } } test_net_param { layers { type: TANH } }")
    assert solver.net_param.layer[0].type == "ReLU"
    assert solver.test_net_param[0].layer[0].type == "TanH"


def test_changes_are_logged_and_current_formats_log_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "torchcaffe.proto")
    parse_net('layer { type: "ReLU" }', "new.prototxt")
    assert caplog.messages == []
    parse_net("layers { type: RELU }", "old.prototxt")
    assert caplog.messages == ["old.prototxt: `layers` (V1LayerParameter) were upgraded to `layer`"]
