"""A whole net as ONNX: names, outputs, metadata, and what is refused."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx_nets import exported, input_layer, make_net, normal, run_caffe, run_onnx

from layerhint.errors import LayerhintError
from layerhint.export.convert import convert, read_deployed
from torchcaffe.errors import CaffeError, WeightsError

CONV = """layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}"
  convolution_param {{ num_output: {outputs} kernel_size: 3 pad: 1 bias_term: false }} }}
layer {{ name: "{name}/bn" type: "BatchNorm" bottom: "{name}" top: "{name}" }}
layer {{ name: "{name}/scale" type: "Scale" bottom: "{name}" top: "{name}" scale_param {{ bias_term: true }} }}
layer {{ name: "{name}/relu" type: "ReLU" bottom: "{name}" top: "{name}" }}
"""
NET = (
    'name: "small"\n'
    + input_layer(1, 3, 6, 5)
    + CONV.format(name="a", bottom="x", outputs=4)
    + CONV.format(name="b", bottom="a", outputs=4)
    + 'layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum" }\n'
    + 'layer { name: "fc" type: "InnerProduct" bottom: "sum" top: "fc" inner_product_param { num_output: 7 } }\n'
    + 'layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }\n'
)
IMAGES = np.random.default_rng(1).normal(size=(5, 3, 6, 5)).astype(np.float32)


def with_every_value(model: onnx.ModelProto) -> onnx.ModelProto:
    shown = {output.name for output in model.graph.output}
    model.graph.output.extend(info for info in model.graph.value_info if info.name not in shown)
    return model


def test_the_value_with_a_blobs_name_is_what_caffe_leaves_in_the_blob(tmp_path: Path) -> None:
    """Also of blobs that are worked on in place, here by three layers."""
    got = run_onnx(with_every_value(exported(tmp_path, NET)), IMAGES)
    want = run_caffe(tmp_path, IMAGES)
    for blob in ("a", "b", "sum", "fc", "prob"):
        np.testing.assert_allclose(got[blob], want[blob], rtol=1e-5, atol=1e-6)


def test_the_scores_are_an_output_beside_the_nets_own(tmp_path: Path) -> None:
    deployed = read_deployed(*make_net(tmp_path, NET))
    assert (deployed.input, deployed.outputs, deployed.scores) == ("x", ("prob",), "fc")
    model = convert(deployed, {})
    assert [output.name for output in model.graph.output] == ["prob", "fc"]


def test_without_a_softmax_the_first_output_is_the_scores(tmp_path: Path) -> None:
    text = NET[: NET.index('layer { name: "prob"')]
    assert read_deployed(*make_net(tmp_path, text)).scores == "fc"


def test_logits_that_a_softmax_overwrites_cannot_be_the_scores(tmp_path: Path) -> None:
    text = NET.replace('bottom: "fc" top: "prob"', 'bottom: "fc" top: "fc"')
    deployed = read_deployed(*make_net(tmp_path, text))
    assert deployed.scores == "fc"
    got = run_onnx(convert(deployed, {}), IMAGES)["fc"]
    np.testing.assert_allclose(got.sum(1), 1, rtol=1e-6)


FIRST = {
    "power": 'type: "Power" power_param { scale: 0.5 shift: 3 }',
    "scale": 'type: "Scale" scale_param { bias_term: true }',
    "batch_norm": 'type: "BatchNorm"',
    "dropout": 'type: "Dropout"',  # It has no node of its own.
}


@pytest.mark.parametrize("first", [*FIRST, "all"])
def test_layers_may_work_in_place_on_the_input(first: str, tmp_path: Path) -> None:
    chosen = FIRST.values() if first == "all" else [FIRST[first]]
    layers = "".join(f'layer {{ name: "in{i}" bottom: "x" top: "x" {text} }}\n' for i, text in enumerate(chosen))
    head = input_layer(1, 3, 6, 5)
    model = exported(tmp_path, NET.replace(head, head + layers))
    assert [value.name for value in model.graph.input] == ["x"]
    got, want = run_onnx(model, IMAGES), run_caffe(tmp_path, IMAGES)
    for blob in ("fc", "prob"):
        np.testing.assert_allclose(got[blob], want[blob], rtol=1e-5, atol=1e-6)


def test_an_output_that_is_the_input_in_place_is_refused(tmp_path: Path) -> None:
    text = input_layer(2, 3) + f'layer {{ name: "half" bottom: "x" top: "x" {FIRST["power"]} }}'
    with pytest.raises(LayerhintError, match=r"the output 'x' is the input itself, .*: give the last of these layers"):
        exported(tmp_path, text)


def test_nodes_have_their_layers_names(tmp_path: Path) -> None:
    names = [node.name for node in exported(tmp_path, NET).graph.node]
    assert names[:5] == ["a", "a/bn", "a/scale/1_Mul", "a/scale/2_Add", "a/relu"]
    assert len(set(names)) == len(names)


def test_a_blob_that_is_named_like_a_value_in_between_keeps_its_name(tmp_path: Path) -> None:
    text = NET.replace('"sum"', '"a/scale/Mul"').replace('"prob"', '"a/weight"')
    got = run_onnx(exported(tmp_path, text), IMAGES)
    want = run_caffe(tmp_path, IMAGES)
    np.testing.assert_allclose(got["a/weight"], want["a/weight"], rtol=1e-5)


def test_the_model_says_where_it_comes_from(tmp_path: Path) -> None:
    deployed = read_deployed(*make_net(tmp_path, NET))
    model = convert(deployed, {"dataset": "cifar10", "title": "A student"})
    assert {prop.key: prop.value for prop in model.metadata_props} == {"dataset": "cifar10", "title": "A student"}
    assert (model.producer_name, model.graph.name) == ("layerhint", "small")
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 17)]
    assert model.ir_version == 8


def test_the_batch_is_open(tmp_path: Path) -> None:
    model = exported(tmp_path, NET)
    for size in (1, 4):
        assert run_onnx(model, IMAGES[:size])["prob"].shape == (size, 7)


def test_weights_may_hold_more_than_the_net(tmp_path: Path) -> None:
    """As those of KD training do, which hold the teacher, or of hint training with its regressor."""
    model, _ = make_net(tmp_path, NET)
    teacher = CONV.format(name="teacher/a", bottom="x", outputs=9)
    regressor = CONV.format(name="hint/regressor", bottom="sum", outputs=9)
    _, weights = make_net(tmp_path, NET + teacher + regressor, normal, "with_teacher")
    names = {node.name for node in convert(read_deployed(model, weights), {}).graph.node}
    assert not {"teacher/a", "hint/regressor"} & names


def test_weights_of_a_deeper_net_are_refused(tmp_path: Path) -> None:
    model, _ = make_net(tmp_path, NET)
    between = CONV.format(name="between", bottom="a", outputs=4) + CONV.format(name="b", bottom="between", outputs=4)
    deeper = NET.replace(CONV.format(name="b", bottom="a", outputs=4), between)
    _, weights = make_net(tmp_path, deeper, name="deeper")
    with pytest.raises(
        LayerhintError,
        match=r"deeper\.caffemodel is of a larger net than .*net\.prototxt: .* 'between' \(3 such",
    ):
        read_deployed(model, weights)


def test_weights_of_another_net_are_refused(tmp_path: Path) -> None:
    model, _ = make_net(tmp_path, NET)
    start = NET[: NET.index('layer { name: "b"')]
    _, weights = make_net(tmp_path, start, name="start")
    with pytest.raises(LayerhintError, match=r"start\.caffemodel lacks layer 'b' \(4 in all\) of .*net\.prototxt"):
        read_deployed(model, weights)


def test_weights_of_another_width_are_refused(tmp_path: Path) -> None:
    model, _ = make_net(tmp_path, NET)
    _, weights = make_net(tmp_path, NET.replace("num_output: 7", "num_output: 8"), name="wider")
    with pytest.raises(WeightsError, match=r"param 0 of layer 'fc' has the shape 8 120 \(960\) there"):
        read_deployed(model, weights)


@pytest.mark.parametrize("missing", ["prototxt", "caffemodel"])
def test_a_file_that_is_absent_is_named(missing: str, tmp_path: Path) -> None:
    files = make_net(tmp_path, NET)
    (tmp_path / f"net.{missing}").unlink()
    with pytest.raises(CaffeError, match=rf"net\.{missing}: no such file"):
        read_deployed(*files)


def test_a_layer_type_without_a_converter_is_named(tmp_path: Path) -> None:
    files = make_net(tmp_path, input_layer(2, 3) + 'layer { name: "top1" type: "ArgMax" bottom: "x" top: "y" }')
    with pytest.raises(LayerhintError) as refusal:
        read_deployed(*files)
    assert str(refusal.value).startswith(
        "layer 'top1' (ArgMax) cannot be exported to ONNX: it has no converter. Types with one: AbsVal, BNLL, "
    )


def test_a_test_net_is_refused_before_its_data_are_looked_for(tmp_path: Path) -> None:
    model, weights = make_net(tmp_path, NET)
    data = 'layer { name: "images" type: "Data" top: "x" data_param { source: "nowhere" backend: LMDB batch_size: 2 } }'
    model.write_text(NET.replace(input_layer(1, 3, 6, 5), data))
    with pytest.raises(
        LayerhintError, match=r"layer 'images' \(Data\) .* is a net for training or testing; give the dep"
    ):
        read_deployed(model, weights)


def test_two_inputs_are_refused(tmp_path: Path) -> None:
    text = (
        input_layer(2, 3) + input_layer(2, 3, name="z") + 'layer { name: "s" type: "Silence" bottom: "z" bottom: "x" }'
    )
    with pytest.raises(LayerhintError, match=r"has 2 inputs \(x, z\)"):
        read_deployed(*make_net(tmp_path, text))


# Layers whose tops depend on how many images a batch has, in a way that an open batch cannot have.
MIXING = {
    "softmax": ("Softmax", "softmax_param { axis: 0 }", "works along axis 0"),
    "slice": ("Slice", "slice_param { axis: 0 }", "works along axis 0"),
    "flatten": ("Flatten", "flatten_param { axis: 0 }", "changes axis 0"),
    "reshape": ("Reshape", "reshape_param { shape { dim: 1 dim: -1 } }", "changes axis 0"),
    "reduction": ("Reduction", "reduction_param { axis: 0 }", "works along axis 0"),
    "tile": ("Tile", "tile_param { axis: 0 tiles: 2 }", "works along axis 0"),
    "inner_product": ("InnerProduct", "inner_product_param { axis: 0 num_output: 2 }", "works along axis 0"),
    "concat": ("Concat", 'bottom: "x" concat_param { axis: 0 }', "works along axis 0"),
}


@pytest.mark.parametrize("name", MIXING)
def test_a_layer_that_mixes_the_images_of_a_batch_is_refused(name: str, tmp_path: Path) -> None:
    kind, text, why = MIXING[name]
    net = input_layer(2, 3, 4) + f'layer {{ name: "mixes" type: "{kind}" bottom: "x" top: "y" {text} }}'
    with pytest.raises(LayerhintError, match=rf"layer 'mixes' \({kind}\): it {why}"):
        exported(tmp_path, net)


# The images are 2 x 4 x 5, so that in a batch of 2 a blob with one number an image also fits the channels.
REFUSED = {
    "batch statistics": (
        'type: "BatchNorm" bottom: "x" top: "y" batch_norm_param { use_global_stats: false }',
        "has use_global_stats: false",
    ),
    "channels elsewhere": (
        'type: "Convolution" bottom: "x" top: "y" convolution_param { axis: 2 num_output: 2 kernel_size: 1 }',
        "channels are axis 2",
    ),
    "gates along the channels": (
        'type: "Scale" bottom: "x" bottom: "sums" top: "y" scale_param { axis: 1 }',
        "second bottom has no axis 0 of the batch",
    ),
    "bias of a batch": (
        'type: "Scale" bottom: "x" bottom: "sums" top: "y" scale_param { axis: 0 bias_term: true }',
        "can have no bias_term",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_onnx_cannot_say_is_refused_with_the_layers_name(name: str, tmp_path: Path) -> None:
    text, why = REFUSED[name]
    sums = 'layer { name: "sums" type: "Reduction" bottom: "x" top: "sums" reduction_param { axis: 1 } }\n'
    net = input_layer(2, 2, 4, 5) + (sums if "sums" in text else "") + f'layer {{ name: "odd" {text} }}'
    with pytest.raises(LayerhintError, match=rf"layer 'odd' \(\w+\): .*{why}"):
        exported(tmp_path, net)
