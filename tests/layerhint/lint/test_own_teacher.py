"""A teacher that is no ResNet of this project, frozen from its owner's caffemodel."""

from pathlib import Path

import pytest
from linting import Generated, assert_found, generated, layer_text
from rendering import own

import torchcaffe as caffe

TEACHER = """
layer { name: "images" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 32 dim: 32 } } }
layer { name: "c1" type: "Convolution" bottom: "data" top: "c1"
        convolution_param { num_output: 20 kernel_size: 3 pad: 1 } }
layer { name: "c1/norm" type: "BatchNorm" bottom: "c1" top: "c1" batch_norm_param { eps: 0.001 } }
layer { name: "c1/relu" type: "ReLU" bottom: "c1" top: "c1" }
layer { name: "c2" type: "Convolution" bottom: "c1" top: "c2"
        convolution_param { num_output: 24 kernel_size: 4 stride: 2 pad: 1 } }
layer { name: "drop" type: "Dropout" bottom: "c2" top: "c2" }
layer { name: "score" type: "InnerProduct" bottom: "c2" top: "score" inner_product_param { num_output: 10 } }
"""
FOLDER = "generated/cifar10/mine-resnet8"


@pytest.fixture
def files(tmp_path: Path) -> Generated:
    net = tmp_path / "mine.prototxt"
    net.write_text(TEACHER, encoding="utf-8")
    caffe.Net(str(net), caffe.TEST).save(str(tmp_path / "mine.caffemodel"))
    teacher = {"net": net.name, "weights": "mine.caffemodel", "logits": "score"}
    pairs = [{"hint": "c1", "guided": "res1_1"}, {"hint": "c2", "guided": "res2_1"}]
    methods = ["kd", "hint-kd", "proposed"]
    numbers = {"hint": {"layer_wise": [11, 13]}}
    return generated(own(tmp_path, teacher=teacher, pairs=pairs, methods=methods, numbers=numbers, nets=2))


def test_its_nets_are_clean(files: Generated) -> None:
    """Its BatchNorm keeps an eps that is not the protocol's: it was trained with it."""
    assert files.findings() == ()


def test_its_params_and_statistics_stand_still(files: Generated) -> None:
    file = f"{FOLDER}/proposed/g2_train.prototxt"
    text = files.files[file]
    assert text.count("use_global_stats: true") == 1
    broken = files.with_file(file, text.replace("use_global_stats: true", "")).findings()
    assert_found(broken, file, "teacher/c1/norm", "moves its own")


def test_it_comes_from_its_caffemodel(files: Generated) -> None:
    file = f"{FOLDER}/kd/net1_surgery.yaml"
    text = files.files[file]
    assert text.count("mine.caffemodel") == 1
    broken = files.with_file(file, text.replace("mine.caffemodel", "yours.caffemodel")).findings()
    assert_found(broken, file, None, "yours.caffemodel is not among the weights", "mine.caffemodel")


@pytest.mark.parametrize(
    ("old", "new", "layer", "words"),
    [
        ('top: "accuracy"', 'top: "accuracy" accuracy_param { top_k: 5 }', "accuracy", ("top_k is 5",)),
        ('type: "SoftmaxWithLoss" bottom: "teacher/score"', 'type: "SoftmaxWithLoss" bottom: "teacher/c2"', "loss", ()),
        ("batch_size: 100", "batch_size: 50", "data", ("batch_size is 50", "batch_size: 100")),
        ("layer {", "layer { nme: 1", None, ("did you mean",)),
    ],
)
def test_its_test_is_looked_at(files: Generated, old: str, new: str, layer: str | None, words: tuple[str, ...]) -> None:
    file = "generated/cifar10/mine/test.prototxt"
    found = files.with_file(file, files.files[file].replace(old, new, 1)).findings()
    assert [(f.file, f.layer) for f in found] == [(file, layer)]
    assert_found(found, file, layer, *words)


def test_its_test_measures_accuracy(files: Generated) -> None:
    file = "generated/cifar10/mine/test.prototxt"
    found = files.without_layer(file, "accuracy").findings()
    assert_found(found, file, None, "0 Accuracy layers, expected one on teacher/score and label")


def test_soft_targets_start_at_its_logits(files: Generated) -> None:
    """A blob of 10 numbers that is no class score: the scores, doubled."""
    file = f"{FOLDER}/kd/stage2_train.prototxt"
    double = (
        'layer { name: "teacher/x" type: "Power" bottom: "teacher/score" top: "teacher/x" power_param { scale: 2 } }\n'
    )
    scaled = layer_text(files.files[file], "kd/teacher_scaled")
    found = files.edited(file, scaled, double + scaled.replace("teacher/score", "teacher/x")).findings()
    assert_found(found, file, "kd/teacher_scaled", "it reads 'teacher/x'", "teacher's logits are 'teacher/score'")
