"""Eq (2), layer by layer."""

import pytest
from linting import PAIR, assert_found, hints

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


def test_both_branches_below_the_logits() -> None:
    """The pools are 256 x 1 x 1 in both nets: Caffe sets it up."""
    broken = hints().edited(KD, 'bottom: "fc"', 'bottom: "pool"', layer="kd/student_scaled")
    found = broken.edited(KD, '"teacher/fc"', '"teacher/pool"', layer="kd/teacher_scaled").findings()
    assert {(f.file, f.layer) for f in found} == {(KD, "kd/student_scaled"), (KD, "kd/teacher_scaled")}
    assert_found(found, KD, "kd/student_scaled", "it reads 'pool'", "student's logits are 'fc'", "Let it read 'fc'")
    assert_found(found, KD, "kd/teacher_scaled", "it reads 'teacher/pool'", "teacher's logits are 'teacher/fc'")


@pytest.mark.parametrize(
    ("layer", "more", "words"),
    [
        ("kd/student_log", "log_param { base: 2 }", ("log_param.base is 2", "eq (2) has -1", "Leave base out")),
        ("kd/student_softmax", "softmax_param { axis: 0 }", ("softmax_param.axis is 0", "Leave axis out")),
        ("kd/teacher_softmax", "softmax_param { axis: 0 }", ("softmax_param.axis is 0", "Leave axis out")),
        ("kd/product", "propagate_down: false propagate_down: false", ("propagate_down is false", "Leave")),
    ],
)
def test_a_setting_that_makes_it_another_equation(layer: str, more: str, words: tuple[str, ...]) -> None:
    found = hints().edited(KD, f'top: "{layer}"', f'top: "{layer}" {more}', layer=layer).findings()
    assert [(f.file, f.layer) for f in found] == [(KD, layer)]
    assert_found(found, KD, layer, *words)
