"""Nets of one's own: read, cut and frozen, held to what Caffe computes of the file itself in tests."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from own_nets import BODY, DEPLOY, IMAGE, LOSSES, TRAIN, WEIGHTED, read_own, weights, write_own

import torchcaffe as caffe
from layerhint.errors import LayerhintError
from layerhint.rendering.frozen_layers import frozen_layers
from layerhint.surgery.surgery import perform
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net


def test_the_net_is_what_lies_between_the_images_and_the_class_scores(tmp_path: Path) -> None:
    net = read_own(write_own(tmp_path))
    assert [layer.name for layer in net.layers if layer.params] == list(WEIGHTED)
    assert dict(net.shapes)["conv2"] == (32, 16, 16)
    assert net.parts_below(["conv1"]) == ("conv1", "conv1/bn", "conv1/scale")
    assert net.parts_below(["conv2", "conv1"]) == ("conv1", "conv1/bn", "conv1/scale", "conv2")
    assert (net.output("conv3").channels, net.output("conv3").size) == (12, 8)
    assert net.classes == 10
    # Convolutions by output pixels, inputs and outputs: conv1, conv2, twin_a, twin_b, twin_c, conv3; then scores.
    pixels = 32 * 32 * 27 * 6 + 16 * 16 * (16 * 32 + 3 * 32 * 9) + 8 * 8 * 36 * 12
    assert net.multiply_adds == pixels + 12 * 10


@pytest.mark.parametrize("head", [TRAIN, DEPLOY, 'input: "data" input_shape { dim: 1 dim: 3 dim: 32 dim: 32 }\n'])
def test_a_train_net_and_a_deploy_net_are_one(tmp_path: Path, head: str) -> None:
    expected = read_own(write_own(tmp_path))
    assert read_own(write_own(tmp_path, head=head, tail=LOSSES if head == TRAIN else "")) == expected


@pytest.mark.parametrize("blobs", [["scores"], ["conv1", "conv3"]])
def test_frozen_in_training_it_computes_what_its_own_file_does_in_tests(tmp_path: Path, blobs: list[str]) -> None:
    prototxt = write_own(tmp_path)
    own = caffe.Net(str(tmp_path / "deploy.prototxt"), caffe.TEST, weights=str(tmp_path / "own.caffemodel"))
    text = frozen_layers(read_own(prototxt), blobs, "teacher/")
    (tmp_path / "frozen.prototxt").write_text(DEPLOY + text)
    frozen = caffe.Net(str(tmp_path / "frozen.prototxt"), caffe.TRAIN)
    for layer, params in frozen.params.items():
        for mine, theirs in zip(params, own.params[layer.removeprefix("teacher/")], strict=True):
            mine.data[...] = theirs.data
    images = np.random.default_rng(1).normal(0, 40, (2, *IMAGE)).astype(np.float32)
    own.blobs["data"].data[...] = images
    frozen.blobs["data"].data[...] = images
    own.forward()
    frozen.forward()
    for blob in blobs:
        assert np.array_equal(frozen.blobs[f"teacher/{blob}"].data, own.blobs[blob].data), blob
        assert np.abs(own.blobs[blob].data).max() > 0
    assert np.array_equal(frozen.blobs["data"].data, images), "the student reads the images too"
    assert frozen.outputs == [f"teacher/{blobs[-1]}"], "a log prints each output of a net"


def test_every_param_stands_still(tmp_path: Path) -> None:
    layers = parse_net(frozen_layers(read_own(write_own(tmp_path)), ["scores"], "teacher/")).layer
    by_name = {layer.name: layer for layer in layers}
    for name in WEIGHTED:
        count = {"conv1/bn": 3}.get(name, 2)
        multipliers = [(spec.lr_mult, spec.decay_mult) for spec in by_name[f"teacher/{name}"].param]
        assert multipliers == [(0, 0)] * count, name
    assert [spec.name for spec in by_name["teacher/twin_c"].param] == ["teacher/w", "teacher/b"]
    norm = by_name["teacher/conv1/bn"].batch_norm_param
    assert norm.use_global_stats
    assert norm.eps == np.float32(0.01)
    assert by_name["teacher/drop"].type == "Power"
    assert by_name["teacher/silence"].bottom == ["teacher/few"]


def test_layers_that_are_no_part_of_a_cut_stay_out(tmp_path: Path) -> None:
    text = frozen_layers(read_own(write_own(tmp_path)), ["conv1"], "teacher/")
    names = [layer.name for layer in parse_net(text).layer]
    assert names == ["teacher/halve", "teacher/conv1", "teacher/conv1/bn", "teacher/conv1/scale", "teacher/relu1"]


LAST = BODY[BODY.index('layer { name: "pool"') :]


V0_BODY = """
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 6 kernel_size: 3 } }
layer { name: "scores" type: "InnerProduct" bottom: "conv1" top: "scores" inner_product_param { num_output: 10 } }
"""
MAX = "pool: AVE global_pooling: true"
SUM = """layer { name: "more" type: "DummyData" top: "more"
  dummy_data_param { shape { dim: 1 dim: 12 dim: 8 dim: 8 } } }
layer { name: "sum" type: "Eltwise" bottom: "conv3" bottom: "more" top: "conv3" }
"""
WHOLE_POOL = 'layer { name: "scores" type: "Pooling" bottom: "conv3" top: "scores" pooling_param { kernel_size: 8 } }'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (MAX, "pool: STOCHASTIC kernel_size: 8", "'pool' (Pooling) draws at random in training"),
        ("eps: 0.01", "use_global_stats: false", "'conv1/bn' (BatchNorm) takes the batch's statistics in tests too"),
        ('name: "twin_b"', 'name: "twin_a"', "two layers are named 'twin_a', and weights go by name"),
        ('name: "relu1"', 'name: "relu\\n1"', "has a name that is empty or holds a quote"),
        (LAST, SUM + LAST, "'more' (DummyData) makes 'more' of its own data; a teacher reads the blob 'data' alone"),
        ("num_output: 10", "num_output: 11", "logits 'scores' is 11 an image, expected 10: a score for each class"),
        (LAST, WHOLE_POOL, "logits 'scores' is 12 x 1 x 1 an image, expected 10"),
        (
            f"{{ {MAX} }}",
            f"{{ {MAX} }} loss_weight: 1",
            "'pool' (Pooling) adds to a loss; a teacher ends at its class scores",
        ),
        ('type: "InnerProduct"', 'type: "InnerProdukt"', "there is no layer type 'InnerProdukt'"),
    ],
)
def test_what_cannot_be_frozen_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    prototxt = write_own(tmp_path)
    text = prototxt.read_text()
    assert text.count(old) == 1
    prototxt.write_text(text.replace(old, new))
    with pytest.raises(LayerhintError) as caught:
        read_own(prototxt)
    assert message in str(caught.value)
    assert str(prototxt) in str(caught.value)


def test_scores_that_are_maps_of_one_pixel_want_a_flatten_layer(tmp_path: Path) -> None:
    flat = 'layer { name: "flat" type: "Flatten" bottom: "scores" top: "flat" }\n'
    body = BODY.replace('type: "InnerProduct"', 'type: "Convolution"').replace(
        "inner_product_param { num_output: 10", "convolution_param { kernel_size: 1 num_output: 10"
    )
    prototxt = write_own(tmp_path, body + flat)
    with pytest.raises(
        LayerhintError, match=r"is 10 x 1 x 1 an image, expected 10: .*; a Flatten layer makes it a vector"
    ):
        read_own(prototxt)
    assert read_own(prototxt, logits="flat").classes == 10


def test_a_python_layer_may_be_anything(tmp_path: Path) -> None:
    python = (
        'layer { name: "mine" type: "Python" bottom: "pool" top: "pool" python_param { module: "m" layer: "l" } }\n'
    )
    prototxt = write_own(tmp_path)
    at = BODY.index('layer { name: "scores"')
    prototxt.write_text(TRAIN + BODY[:at] + python + BODY[at:])
    with pytest.raises(LayerhintError, match=r"'mine' \(Python\) may act otherwise in training than in tests"):
        read_own(prototxt)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"logits": "score"}, "has no blob 'score' (logits); did you mean 'scores'"),
        ({"input": "image"}, "has no blob 'image' (input); known:"),
        ({"hints": ("conv4",)}, "has no blob 'conv4' (hint); did you mean"),
        ({"logits": "data", "hints": ()}, "logits 'data' is 3 x 32 x 32 an image, expected 10"),
        ({"logits": "loss"}, "layer 'data' (Data) makes 'data', 'label' of its own data"),
        ({"image": (1, 32, 32)}, "has the params of layer 'conv1' as 6 x 3 x 3 x 3, 6; for images of 1 x 32 x 32"),
        ({"weights": "/nowhere/a.caffemodel"}, "cannot read /nowhere/a.caffemodel: No such file"),
        ({"net": "/nowhere/a.prototxt"}, "cannot read /nowhere/a.prototxt: No such file"),
    ],
)
def test_a_request_that_does_not_fit(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    prototxt = write_own(tmp_path)
    with pytest.raises(LayerhintError) as caught:
        read_own(prototxt, **changes)
    assert message in str(caught.value)


def test_probabilities_are_no_logits(tmp_path: Path) -> None:
    prob = 'layer { name: "prob" type: "Softmax" bottom: "scores" top: "prob" }\n'
    with pytest.raises(LayerhintError, match="'prob' is what Softmax gives; logits are what it reads: 'scores'"):
        read_own(write_own(tmp_path, BODY + prob), logits="prob")


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        ("scores", "blob 'scores' is 10 an image, and hints are C x S x S feature maps"),
        ("data", "no layer with weights lies below blob 'data'"),
        ("conv9", "has no blob 'conv9'; did you mean 'conv3'"),
    ],
)
def test_blobs_that_teach_nothing(tmp_path: Path, blob: str, message: str) -> None:
    with pytest.raises(LayerhintError, match=message):
        read_own(write_own(tmp_path)).output(blob)


def test_weights_of_another_net(tmp_path: Path) -> None:
    prototxt = write_own(tmp_path)
    model = weights(prototxt)
    kept = [layer for layer in model.layer if layer.name != "conv2"]
    del model.layer[:]
    model.layer.extend(kept)
    (tmp_path / "own.caffemodel").write_bytes(model.SerializeToString())
    with pytest.raises(LayerhintError, match=r"own\.caffemodel has no params of layer 'conv2' of .*own\.prototxt"):
        read_own(prototxt)


def test_weights_of_a_deeper_net(tmp_path: Path) -> None:
    """They have each layer in its shape, and one more on the way; what lies beside is no matter."""
    prototxt = write_own(tmp_path)
    beside = (
        'layer { name: "aux" type: "InnerProduct" bottom: "conv1" top: "aux" inner_product_param { num_output: 10 } }\n'
    )
    whole = write_own(tmp_path, BODY + beside).read_text()
    prototxt.write_text(whole.replace(beside, ""))
    read_own(prototxt)
    between = """layer { name: "between" type: "Convolution" bottom: "conv3" top: "between"
      convolution_param { num_output: 12 kernel_size: 1 } }\n"""
    write_own(tmp_path, BODY.replace(LAST, between + LAST.replace('bottom: "conv3"', 'bottom: "between"')))
    prototxt.write_text(whole)
    with pytest.raises(
        LayerhintError, match=r"own\.caffemodel is of a larger net than .*own\.prototxt: .* 'between' \(1 such layers"
    ):
        read_own(prototxt)


def test_weights_in_the_first_format_are_taken_by_surgery_too(tmp_path: Path) -> None:
    """Name and blobs inside each layer: the files that `read_own_net` takes, net surgery takes."""
    prototxt = write_own(tmp_path, V0_BODY)
    model = weights(prototxt)
    old = caffe_pb2.NetParameter(name="old", input=["data"])
    for layer in model.layer:
        if layer.blobs:
            kind = {"Convolution": "conv", "InnerProduct": "innerproduct"}[layer.type]
            written = old.layers.add(bottom=layer.bottom, top=layer.top).layer
            written.MergeFrom(caffe_pb2.V0LayerParameter(name=layer.name, type=kind, blobs=layer.blobs))
            for blob in written.blobs:
                sizes = [1] * (4 - len(blob.shape.dim)) + list(blob.shape.dim)
                blob.ClearField("shape")
                blob.num, blob.channels, blob.height, blob.width = sizes
    (tmp_path / "own.caffemodel").write_bytes(old.SerializeToString())
    net = read_own(prototxt, hints=())
    (tmp_path / "frozen.prototxt").write_text(DEPLOY + frozen_layers(net, ["scores"], "teacher/"))
    file = tmp_path / "surgery.yaml"
    file.write_text(
        f"net: {tmp_path}/frozen.prototxt\nseed: 1\noutput: {tmp_path}/init.caffemodel\n"
        f"sources: [{{weights: {tmp_path}/own.caffemodel, prefix: teacher/, layers: all}}]\n"
    )
    perform(caffe, file)
    made = caffe.Net(str(tmp_path / "frozen.prototxt"), caffe.TEST, weights=str(tmp_path / "init.caffemodel"))
    for layer in model.layer:
        for mine, theirs in zip(made.params.get(f"teacher/{layer.name}", []), layer.blobs, strict=True):
            assert mine.data.ravel().tolist() == list(theirs.data)


def test_weights_from_before_caffe_1_0(tmp_path: Path) -> None:
    """Layers in the field `layers`, and every blob with four sizes, as such a Caffe saved them."""
    prototxt = write_own(tmp_path)
    old = caffe_pb2.NetParameter(name="old")
    for layer in weights(prototxt).layer:
        if layer.blobs:
            written = old.layers.add(name=layer.name, blobs=layer.blobs)
            for blob in written.blobs:
                sizes = [1] * (4 - len(blob.shape.dim)) + list(blob.shape.dim)
                blob.ClearField("shape")
                blob.num, blob.channels, blob.height, blob.width = sizes
    expected = read_own(prototxt)
    (tmp_path / "own.caffemodel").write_bytes(old.SerializeToString())
    assert read_own(prototxt) == expected


def test_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    prototxt = write_own(tmp_path)
    before = read_own(prototxt)
    prototxt.write_text(prototxt.read_text().replace("eps: 0.01", "eps: 0.5"))
    assert read_own(prototxt) != before
    assert read_own(prototxt).shapes == before.shapes
