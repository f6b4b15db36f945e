"""Copies compute what their originals compute."""

from linting import PAIR, assert_found, hints, layer_text

KD = f"{PAIR}/proposed/stage2_train.prototxt"
TEACHER = "generated/cifar100/resnet14/plain/train.prototxt"
G3 = f"{PAIR}/proposed/g3_train.prototxt"


def test_a_teacher_without_one_of_its_relus() -> None:
    found = hints().without_layer(KD, "teacher/res2_1/conv1/relu").findings()
    assert {(f.file, f.layer) for f in found} == {(KD, "teacher/res2_1/conv1/relu")}
    assert_found(found, KD, "teacher/res2_1/conv1/relu", f"missing, but {TEACHER} has it")


def test_a_teacher_with_a_layer_of_its_own() -> None:
    dropout = 'layer { name: "teacher/drop" type: "Dropout" bottom: "teacher/pool" top: "teacher/pool" }\n'
    text = hints().files[KD]
    fc = layer_text(text, "teacher/fc")
    found = hints().with_file(KD, text.replace(fc, dropout + fc)).findings()
    assert {(f.file, f.layer) for f in found} == {(KD, "teacher/drop")}
    assert_found(found, KD, "teacher/drop", f"{TEACHER} has no such layer", "Take it out")


def test_a_stride_that_no_shape_of_a_param_shows() -> None:
    """3x3 over 16 channels has one shape at any padding and dilation."""
    found = hints().edited(KD, "pad: 1", "pad: 2 dilation: 2", layer="teacher/res3_2/conv1").findings()
    assert {(f.file, f.layer) for f in found} == {(KD, "teacher/res3_2/conv1")}
    assert_found(found, KD, "teacher/res3_2/conv1", "convolution_param.pad is 2", f"'res3_2/conv1' in {TEACHER} is 1")


def test_a_student_that_is_not_the_one_that_stage_1_trained() -> None:
    found = hints().edited(G3, "operation: SUM", "operation: MAX", layer="res1_1/sum").findings()
    assert_found(found, KD, "res1_1/sum", f"eltwise_param.operation is SUM, that of 'res1_1/sum' in {G3} is MAX")


def test_layers_in_place_in_another_order() -> None:
    text = hints().files[KD]
    norm, scale = layer_text(text, "teacher/conv1/bn"), layer_text(text, "teacher/conv1/scale")
    found = hints().with_file(KD, text.replace(norm + scale, scale + norm)).findings()
    assert {(f.file, f.layer) for f in found} == {(KD, "teacher/conv1/scale")}
    assert_found(found, KD, "teacher/conv1/scale", f"stands where {TEACHER} has 'conv1/bn'", "order")


def test_a_test_net_that_is_not_the_trained_one() -> None:
    file = f"{PAIR}/hint-kd/stage2_test.prototxt"
    found = hints().without_layer(file, "res3_1/relu").findings()
    assert {(f.file, f.layer) for f in found} == {(file, "res3_1/relu")}
    assert_found(found, file, "res3_1/relu", f"{PAIR}/hint-kd/stage2_train.prototxt has it")


def test_a_test_net_with_weights_that_nobody_trained() -> None:
    """Caffe leaves layers that a caffemodel does not name as the fillers made them, without an error."""
    file = "generated/cifar100/resnet8/plain/test.prototxt"
    found = hints().edited(file, 'name: "fc"', 'name: "fc/new"').findings()
    assert_found(found, file, "fc", "missing, but")
    assert_found(found, file, "fc/new", "train.prototxt has no such layer")


def test_a_net_to_deploy_that_is_not_the_trained_one() -> None:
    file = "generated/cifar100/resnet8/plain/deploy.prototxt"
    found = hints().edited(file, "stride: 2 pad: 1", "stride: 2 pad: 1 dilation: 1", layer="res2_1/conv1").findings()
    assert_found(found, file, "res2_1/conv1", "param.dilation is 1", "resnet8/plain/train.prototxt is nothing")
