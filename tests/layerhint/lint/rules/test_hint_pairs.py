"""The pairs: which blobs, of which shapes, and when they are read."""

from linting import PAIR, Generated, assert_found, hints, layer_text, of

G2 = f"{PAIR}/proposed/g2_train.prototxt"
WIDE = "generated/cifar100/resnet14w80-resnet8/proposed/g2_train.prototxt"


def wide() -> Generated:
    """CIFAR-100: a teacher of {80, 160, 320} filters, a student of {64, 128, 256}, a 1x1 regressor."""
    return of("table6", "proposed")


def test_a_pair_without_its_loss() -> None:
    found = hints().without_layer(f"{PAIR}/concurrent/stage1_train.prototxt", "hint3/loss").findings()
    assert_found(found, f"{PAIR}/concurrent/stage1_train.prototxt", "hint3/loss", "res3_1 learns nothing from res3_2")


def test_the_wrong_blob_of_the_right_shape() -> None:
    """res2_1 and res2_2 are both 128 x 16 x 16; H2 is the last of them."""
    found = hints().edited(G2, "teacher/res2_2", "teacher/res2_1", layer="hint/loss").findings()
    assert_found(found, G2, "hint/loss", "it compares 'res2_1' and 'teacher/res2_1'", '"teacher/res2_2"')


def test_shapes_that_do_not_agree() -> None:
    """Without the regressor 128 x 16 x 16 would stand against 160 x 16 x 16: Caffe itself refuses that."""
    found = wide().edited(WIDE, '"hint/regressor"', '"res2_1"', layer="hint/loss").findings()
    assert_found(found, WIDE, "hint/loss", "128 128 16 16", "128 160 16 16", "their shapes")


def test_shapes_of_as_many_values_that_do_not_agree() -> None:
    """160 x 16 x 16 from the regressor would be 640 x 8 x 8 at stride 2: as many values, so Caffe accepts it."""
    text = wide().files[WIDE]
    regressor = layer_text(text, "hint/regressor")
    assert regressor.count("num_output: 160 kernel_size: 1") == 1
    strided = regressor.replace("num_output: 160 kernel_size: 1", "num_output: 640 kernel_size: 1 stride: 2")
    found = wide().with_file(WIDE, text.replace(regressor, strided)).findings()
    assert_found(
        found, WIDE, "hint/loss", "'hint/regressor' is 128 x 640 x 8 x 8", "'teacher/res2_2' is 128 x 160 x 16 x 16"
    )
    assert_found(found, WIDE, "hint/regressor", "its convolution_param.stride is 2", "stride: 1")


def test_a_regressor_of_another_kind() -> None:
    broken = wide().edited(WIDE, "bias_term: false", "bias_term: true", layer="hint/regressor")
    broken = broken.edited(WIDE, "0.01", "0.1", layer="hint/regressor")
    found = broken.findings()
    assert_found(
        found, WIDE, "hint/regressor", "param.bias_term is true", "regressor has false", "{ bias_term: false }"
    )
    assert_found(found, WIDE, "hint/regressor", "weight_filler.std is 0.1", "has 0.01", "weight_filler { std: 0.01 }")


def test_a_regressor_that_says_more_than_the_protocol() -> None:
    """At 1x1 a dilation changes no shape."""
    found = wide().edited(WIDE, "kernel_size: 1", "kernel_size: 1 dilation: 2", layer="hint/regressor").findings()
    assert_found(found, WIDE, "hint/regressor", "convolution_param.dilation is 2", "regressor has 1")


def test_a_regressor_of_another_name() -> None:
    found = wide().edited(WIDE, 'name: "hint/regressor"', 'name: "hint/adapter"').findings()
    assert_found(found, WIDE, "hint/regressor", "there is no layer of this name", "Give the pair's regressor")


def test_a_blob_that_is_read_before_its_relu() -> None:
    """Caffe refuses it, since the ReLU then no longer works in place."""
    text = hints().files[G2]
    relu = layer_text(text, "teacher/res2_2/relu")
    found = hints().with_file(G2, text.replace(relu, "") + relu).findings()
    assert [(f.file, f.layer) for f in found] == [(G2, "teacher/res2_2/relu")]
    assert_found(found, G2, "teacher/res2_2/relu", "top 'teacher/res2_2'", "work in place")


def test_the_blob_s_shape_is_the_experiment_s() -> None:
    """The teacher's last stage at stride 1 and the student's, too: they agree with each other, at twice the size."""
    file = f"{PAIR}/proposed/g3_train.prototxt"
    broken = hints()
    for layer in ("res3_1/conv1", "res3_1/subsample", "teacher/res3_1/conv1", "teacher/res3_1/subsample"):
        broken = broken.edited(file, "stride: 2", "stride: 1", layer=layer)
    found = broken.findings()
    assert_found(found, file, "hint/loss", "'res3_1' is 256 x 16 x 16 an image", "256 x 8 x 8", "depth and filters")
    assert_found(found, file, "hint/loss", "'teacher/res3_2' is 256 x 16 x 16")
