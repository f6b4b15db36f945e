"""What tests and nets to deploy are read for."""

import pytest
from linting import Generated, assert_found, layer_text, of

TEST = "generated/cifar10/resnet14-resnet8/kd/stage2_test.prototxt"
DEPLOY = "generated/cifar10/resnet8/plain/deploy.prototxt"


def kd() -> Generated:
    """CIFAR-10, 14 to 8 layers: the teacher, the plain student, KD without hints."""
    return of("fig7", "kd")


@pytest.mark.parametrize(
    ("file", "layer", "old", "new", "words"),
    [
        (TEST, "accuracy", "top:", "accuracy_param { top_k: 5 } top:", ("top_k is 5, expected 1", "Leave top_k out")),
        (
            TEST,
            "accuracy",
            "top:",
            "accuracy_param { ignore_label: 0 } top:",
            ("ignore_label is 0, expected nothing", "Leave ignore_label out"),
        ),
        (TEST, "accuracy", '"fc"', '"pool"', ('bottom is "pool", "label", expected "fc", "label"', 'bottom: "fc"')),
        (TEST, "accuracy", "top:", "include { phase: TRAIN } top:", ("include is { phase: TRAIN }", "Leave include")),
        (TEST, "accuracy", 'top: "accuracy"', 'top: "top1"', ('top is "top1"', 'top: "accuracy"')),
        (TEST, "loss", '"fc"', '"pool"', ('bottom is "pool", "label", expected "fc", "label"', 'bottom: "fc"')),
        (TEST, "loss", "top:", "loss_param { normalize: false } top:", ("loss_param.normalize is false", "Leave")),
        (DEPLOY, "prob", '"fc"', '"pool"', ('bottom is "pool", expected "fc"', 'Write `bottom: "fc"`')),
        (DEPLOY, "prob", "top:", "softmax_param { axis: 0 } top:", ("softmax_param.axis is 0", "Leave axis out")),
    ],
)
def test_a_measure_of_something_else(file: str, layer: str, old: str, new: str, words: tuple[str, ...]) -> None:
    found = kd().edited(file, old, new, layer=layer).findings()
    assert [(f.file, f.layer) for f in found] == [(file, layer)]
    assert_found(found, file, layer, *words)


@pytest.mark.parametrize(
    ("file", "layer", "kind"),
    [(TEST, "accuracy", "Accuracy"), (TEST, "loss", "SoftmaxWithLoss"), (DEPLOY, "prob", "Softmax")],
)
def test_a_measure_too_few(file: str, layer: str, kind: str) -> None:
    found = kd().without_layer(file, layer).findings()
    assert [(f.file, f.layer) for f in found] == [(file, None)]
    assert_found(found, file, None, f"it has 0 {kind} layers, expected one on fc", f"Write one {kind}")


def test_a_measure_too_many() -> None:
    text = kd().files[TEST]
    second = layer_text(text, "accuracy").replace('"accuracy"', '"top5"')
    other = 'layer { name: "norm" type: "Reduction" bottom: "fc" top: "norm" loss_weight: 1 }\n'
    found = kd().with_file(TEST, text + second + other).findings()
    assert_found(found, TEST, None, "it has 2 Accuracy layers, expected one")
    assert_found(found, TEST, "norm", "this Reduction adds a loss", "Take the layer out")


def test_a_measure_that_is_changed_afterwards() -> None:
    more = 'layer { name: "flatter" type: "Power" bottom: "accuracy" top: "accuracy" power_param { scale: 1.1 } }\n'
    found = kd().with_file(TEST, kd().files[TEST] + more).findings()
    assert [(f.file, f.layer) for f in found] == [(TEST, "flatter")]
    assert_found(found, TEST, "flatter", "this Power writes 'accuracy' too", "Take the layer out")


def test_class_scores_that_are_changed_before() -> None:
    text = kd().files[TEST]
    more = 'layer { name: "sign" type: "Power" bottom: "fc" top: "fc" power_param { scale: -1 } }\n'
    fc = layer_text(text, "fc")
    found = kd().with_file(TEST, text.replace(fc, fc + more)).findings()
    assert_found(found, TEST, "accuracy", "reads 'fc' as layer 'sign' leaves it", "in place")
    assert_found(found, TEST, "loss", "reads 'fc' as layer 'sign' leaves it", "in place")
    assert_found(found, TEST, "sign", "it writes 'fc', a blob of ResNet-8")
