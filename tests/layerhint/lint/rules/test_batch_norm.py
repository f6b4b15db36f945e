"""Whose statistics a BatchNorm uses, and its numbers."""

from dataclasses import replace

from linting import PAIR, assert_found, hints, of

G3 = f"{PAIR}/proposed/g3_train.prototxt"


def test_a_frozen_one_uses_what_it_has() -> None:
    found = hints().edited(G3, "use_global_stats: true ", "", layer="teacher/res3_2/conv2/bn").findings()
    assert [(f.file, f.layer) for f in found] == [(G3, "teacher/res3_2/conv2/bn")]
    assert_found(found, G3, "teacher/res3_2/conv2/bn", "moves its own", "use_global_stats: true")


def test_false_is_no_better() -> None:
    found = hints().edited(G3, "use_global_stats: true", "use_global_stats: false", layer="teacher/conv1/bn").findings()
    assert_found(found, G3, "teacher/conv1/bn", "use_global_stats: true")


def test_one_that_trains_leaves_it_to_the_phase() -> None:
    file = f"{PAIR}/hint-kd/stage2_train.prototxt"
    found = hints().edited(file, "eps:", "use_global_stats: true eps:", layer="res1_1/conv1/bn").findings()
    assert [(f.file, f.layer) for f in found] == [(file, "res1_1/conv1/bn")]
    assert_found(found, file, "res1_1/conv1/bn", "use_global_stats is true", "Leave it out")


def test_its_numbers_are_the_protocol_s() -> None:
    """Caffe's own defaults: eps 1e-5 and moving_average_fraction 0.999."""
    file = "generated/cifar100/resnet8/plain/train.prototxt"
    broken = hints().edited(file, "0.999", "0.99", layer="res2_1/conv1/bn")
    found = broken.edited(file, "1e-05", "0.001", layer="conv1/bn").findings()
    assert_found(found, file, "res2_1/conv1/bn", "moving_average_fraction is 0.99,", "moving_average_fraction: 0.999")
    assert_found(found, file, "conv1/bn", "its eps is 0.001", "eps: 1e-05")


def test_a_frozen_one_has_the_eps_that_it_was_trained_with() -> None:
    found = hints().edited(G3, "1e-05", "0.001", layer="teacher/conv1/bn").findings()
    assert {(f.file, f.layer) for f in found} == {(G3, "teacher/conv1/bn")}
    assert_found(found, G3, "teacher/conv1/bn", "param.eps is 0.001, that of 'conv1/bn'", "resnet14/plain/train")


def test_a_frozen_one_has_the_protocol_s_eps_even_if_all_files_agree_on_another() -> None:
    """In a teacher of one's own it may be another: see test_own_teacher.py."""
    kd = of("fig7", "kd")
    files = {path: text.replace("eps: 1e-05", "eps: 0.001") for path, text in kd.files.items()}
    found = replace(kd, files=files).findings()
    file = "generated/cifar10/resnet14-resnet8/kd/stage2_train.prototxt"
    assert_found(found, file, "teacher/conv1/bn", "its eps is 0.001", "eps: 1e-05")
    assert_found(found, file, "conv1/bn", "its eps is 0.001")
