"""Eq (2), layer by layer."""

import pytest
from linting import PAIR, assert_found, hints, of

KD = f"{PAIR}/hint-kd/stage2_train.prototxt"


@pytest.mark.parametrize("layer", ["kd/student_scaled", "kd/teacher_scaled"])
def test_a_temperature_that_is_not_tau(layer: str) -> None:
    """tau is 3 and 1/3 is 0.33333333 in float32."""
    found = hints().edited(KD, "scale: 0.33333333", "scale: 0.25", layer=layer).findings()
    assert [(f.file, f.layer) for f in found] == [(KD, layer)]
    assert_found(found, KD, layer, "0.25 x", "tau = 3", "scale: 0.3333333")


def test_a_sum_over_another_batch() -> None:
    """A batch is 128 images: 1/128 = 0.0078125."""
    found = hints().edited(KD, "coeff: -0.0078125", "coeff: -0.015625", layer="kd/loss").findings()
    assert [(f.file, f.layer) for f in found] == [(KD, "kd/loss")]
    assert_found(found, KD, "kd/loss", "coeff is -0.015625", "128 images", "coeff: -0.0078125")


def test_a_mean_in_the_place_of_the_sum() -> None:
    found = hints().edited(KD, "operation: SUM", "operation: MEAN", layer="kd/loss").findings()
    assert_found(found, KD, "kd/loss", "not the sum", "operation: SUM axis: 0")


def test_the_other_cross_entropy() -> None:
    """CE(P_S, P_T) has the logarithm on the teacher's side."""
    broken = hints().edited(KD, '"kd/student_softmax"', '"kd/teacher_softmax"', layer="kd/student_log")
    broken = broken.edited(KD, 'bottom: "kd/teacher_softmax"', 'bottom: "kd/student_softmax"', layer="kd/product")
    text = broken.files[KD]
    log = 'layer { name: "kd/student_log" type: "Log" bottom: "kd/teacher_softmax" top: "kd/student_log" }\n'
    assert text.count(log) == 1
    broken = broken.with_file(KD, text.replace(log, "").replace("# CE(P_T, P_S)", f"{log}# CE(P_T, P_S)"))
    found = broken.findings()
    assert_found(found, KD, "kd/product", "Power -> Softmax -> Log of the teacher", "the logarithm belongs to P_S")


def test_a_sum_in_the_place_of_the_product() -> None:
    found = hints().edited(KD, "operation: PROD", "operation: SUM", layer="kd/product").findings()
    assert_found(found, KD, "kd/product", "no product of P_T and log P_S", "operation: PROD")


def test_soft_targets_of_the_student_itself() -> None:
    found = hints().edited(KD, '"teacher/fc"', '"fc"', layer="kd/teacher_scaled").findings()
    assert_found(found, KD, "kd/product", "of the student", "of the teacher")


def test_the_true_labels_on_softened_logits() -> None:
    found = hints().edited(KD, 'bottom: "fc"', 'bottom: "kd/student_scaled"', layer="loss").findings()
    assert [(f.file, f.layer) for f in found] == [(KD, "loss")]
    assert_found(found, KD, "loss", "not CE(y_true, softmax(p_s))", "read p_s")


def test_the_true_labels_on_plain_logits_where_the_switch_softens_them() -> None:
    softened = of("fig10", "hint-kd", true_label_term="softened")
    found = softened.edited(KD, "kd/student_scaled", "fc", layer="loss").findings()
    assert_found(found, KD, "loss", "softmax(p_s / tau)", "logits over tau")
