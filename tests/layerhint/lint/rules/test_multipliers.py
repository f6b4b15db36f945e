"""Which params may move."""

import pytest
from linting import PAIR, assert_found, hints, of

G2 = f"{PAIR}/proposed/g2_train.prototxt"
STILL = "param { lr_mult: 0 decay_mult: 0 }"


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        ("teacher/res1_1/conv1", "param { lr_mult: 0 }"),
        ("teacher/res1_1/conv1", "param { lr_mult: 0.5 decay_mult: 0 }"),
        ("teacher/conv1", ""),
    ],
)
def test_a_frozen_convolution_that_moves(layer: str, text: str) -> None:
    found = hints().edited(G2, STILL, text, layer=layer).findings()
    assert_found(found, G2, layer, "of its 1 params", "it is frozen", f"Write `{STILL}` 1 times")


def test_each_param_of_a_layer_counts() -> None:
    """A Scale has two params: scale and shift. Here the shift is left to learn."""
    found = hints().edited(G2, f"{STILL} {STILL}", STILL, layer="teacher/res2_1/conv2/scale").findings()
    assert_found(found, G2, "teacher/res2_1/conv2/scale", "are (0, 0), (1, 1)", "2 times")


def test_statistics_stand_still_in_the_student_too() -> None:
    file = f"{PAIR}/hint-kd/stage2_train.prototxt"
    found = hints().edited(file, f"{STILL} {STILL} {STILL}", STILL, layer="res3_1/conv2/bn").findings()
    assert [(f.file, f.layer) for f in found] == [(file, "res3_1/conv2/bn")]
    assert_found(found, file, "res3_1/conv2/bn", "(0, 0), (1, 1), (1, 1)", "statistics", "3 times")


def test_the_constant_that_subsamples_stands_still() -> None:
    file = "generated/cifar100/resnet8/plain/train.prototxt"
    found = hints().edited(file, STILL, "", layer="res2_1/subsample").findings()
    assert [(f.file, f.layer) for f in found] == [(file, "res2_1/subsample")]
    assert_found(found, file, "res2_1/subsample", "constants", "1 times")


def test_what_has_to_learn_learns_at_full_rate() -> None:
    file = f"{PAIR}/proposed/stage2_train.prototxt"
    found = (
        hints().edited(file, "inner_product_param", "param { lr_mult: 2 } inner_product_param", layer="fc").findings()
    )
    assert [(f.file, f.layer) for f in found] == [(file, "fc")]
    assert_found(found, file, "fc", "are (2, 1), (1, 1)", "has to learn", "Leave its `param` out")


def test_what_a_step_of_sl_resnet_keeps_is_frozen_without_a_prefix() -> None:
    step = of("fig7", "sl-resnet", sl_resnet_trains="new")
    file = "generated/cifar10/resnet8/sl-resnet/s2_train.prototxt"
    assert step.findings() == ()
    found = step.edited(file, STILL, "", layer="res1_1/conv2").findings()
    assert_found(found, file, "res1_1/conv2", "it is frozen", "1 times")
