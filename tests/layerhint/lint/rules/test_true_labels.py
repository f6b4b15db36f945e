"""The true-label term: what it reads."""

import pytest
from linting import PAIR, assert_found, hints, layer_text, of

KD = f"{PAIR}/hint-kd/stage2_train.prototxt"
PLAIN = "generated/cifar100/resnet8/plain/train.prototxt"


def test_the_true_labels_on_softened_logits() -> None:
    found = hints().edited(KD, 'bottom: "fc"', 'bottom: "kd/student_scaled"', layer="loss").findings()
    assert [(f.file, f.layer) for f in found] == [(KD, "loss")]
    assert_found(found, KD, "loss", "not CE(y_true, softmax(p_s))", "read p_s")


def test_the_true_labels_on_plain_logits_where_the_switch_softens_them() -> None:
    softened = of("fig10", "hint-kd", true_label_term="softened")
    found = softened.edited(KD, "kd/student_scaled", "fc", layer="loss").findings()
    assert_found(found, KD, "loss", "softmax(p_s / tau)", "logits over tau")


def test_softened_logits_have_the_protocol_s_temperature() -> None:
    """tau is 3: a Power of the term's own that divides by 2 is another tau."""
    softened = of("fig10", "hint-kd", true_label_term="softened")
    loss = layer_text(softened.files[KD], "loss")
    half = 'layer { name: "half" type: "Power" bottom: "fc" top: "half" power_param { scale: 0.5 } }\n'
    found = softened.edited(KD, loss, half + loss.replace("kd/student_scaled", "half")).findings()
    assert_found(found, KD, "half", "0.5 x", "tau = 3")


@pytest.mark.parametrize("file", [KD, PLAIN])
def test_the_true_labels_below_the_logits(file: str) -> None:
    found = hints().edited(file, 'bottom: "fc"', 'bottom: "pool"', layer="loss").findings()
    assert_found(found, file, "loss", "on 'pool'", "not CE(y_true, softmax(p_s))", "the student's logits")


def test_the_teacher_s_logits() -> None:
    found = hints().edited(KD, 'bottom: "fc"', 'bottom: "teacher/fc"', layer="loss").findings()
    assert_found(found, KD, "loss", "on 'teacher/fc'", "the student's logits")


def test_other_labels_and_another_axis() -> None:
    text = hints().files[PLAIN]
    loss = layer_text(text, "loss")
    other = 'layer { name: "ones" type: "Power" bottom: "label" top: "ones" power_param { scale: 0 shift: 1 } }\n'
    edited = loss.replace('"label"', '"ones"').replace('top: "loss"', 'top: "loss" softmax_param { axis: -1 }')
    found = hints().with_file(PLAIN, text.replace(loss, other + edited)).findings()
    assert_found(found, PLAIN, "loss", "its labels are 'ones'", 'bottom: "label"')
    assert_found(found, PLAIN, "loss", "softmax_param.axis is -1", "Leave axis out")
