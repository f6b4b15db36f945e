"""Surgery files against the nets that they put together and take from."""

from linting import PAIR, assert_found, hints, of

G2 = f"{PAIR}/proposed/g2_surgery.yaml"
NET1 = f"{PAIR}/proposed/net1_surgery.yaml"
SL = "generated/cifar10/resnet8/sl-resnet/s2_surgery.yaml"
TEACHER = "weights/cifar100/resnet14/plain/plain_iter_64000.caffemodel"
STEP_1 = "weights/cifar100/resnet14-resnet8/proposed/g1_iter_5000.caffemodel"


def test_a_layer_that_no_line_names() -> None:
    found = hints().edited(G2, "random: [res2_1]", "random: []").findings()
    assert_found(found, G2, "res2_1/conv1", "nothing is declared", "Name its module once")
    assert_found(found, G2, "res2_1/conv2/scale", "nothing is declared")


def test_a_layer_that_two_lines_name() -> None:
    found = hints().edited(G2, "random: [res2_1]", "random: [res2_1, res1_1]").findings()
    assert_found(found, G2, "res1_1/conv1", f"twice: {STEP_1} and random", "Name its module once")


def test_a_line_in_vain() -> None:
    found = hints().edited(G2, "random: [res2_1]", "random: [res2_1, res2_2]").findings()
    assert [(f.file, f.layer) for f in found] == [(G2, "res2_2")]
    assert_found(found, G2, "res2_2", "no layer with params of this name or in it", "Take it out")


def test_a_source_that_the_experiment_does_not_start_from() -> None:
    found = hints().edited(G2, "g1_iter_5000", "g1_iter_4000").findings()
    assert_found(found, G2, None, "proposed/g1_iter_4000.caffemodel is not among", f"Take {TEACHER} or {STEP_1}")


def test_a_layer_that_the_source_does_not_have() -> None:
    """Step 1 ends at res1_1: it has no res2_1 to give."""
    broken = hints().edited(G2, "layers: [conv1, res1_1]", "layers: [conv1, res1_1, res2_1]")
    found = broken.edited(G2, "random: [res2_1]", "random: []").findings()
    assert_found(
        found,
        G2,
        "res2_1/conv1",
        "has no such layer with params",
        f"{PAIR}/proposed/g1_train.prototxt",
        "leave it random",
    )


def test_a_layer_that_the_source_has_in_another_shape() -> None:
    """The FC on top of module 1 has 16 inputs, that on top of module 2 has 32."""
    broken = of("fig7", "sl-resnet").edited(SL, "layers: [conv1, res1_1]", "layers: [conv1, res1_1, fc]")
    found = broken.edited(SL, "random: [res2_1, fc]", "random: [res2_1]").findings()
    assert_found(found, SL, "fc", "10 x 32, 10", "has them as 10 x 16, 10", "leave it random")


def test_a_teacher_of_random_weights() -> None:
    text = hints().files[NET1]
    start = text.index("  - weights: ")
    end = text.index("  - weights: ", start + 1)
    broken = hints().with_file(NET1, text[:start] + text[end:]).edited(NET1, "random: [fc]", "random: [fc, teacher]")
    assert_found(broken.findings(), NET1, "teacher/conv1", "its params are random", f"has them from {TEACHER}")


def test_a_start_that_is_not_the_experiment_s() -> None:
    """Net 1 without what Stage 1 has trained."""
    text = hints().files[NET1]
    start = text.rindex("  - weights: ")
    end = text.index("random: ")
    names = "conv1, res1_1, res2_1, res3_1, fc"
    broken = hints().with_file(NET1, text[:start] + text[end:]).edited(NET1, "random: [fc]", f"random: [{names}]")
    found = broken.findings()
    assert_found(found, NET1, "res3_1/conv2", "random", "g3_iter_15000")
    assert not any(f.layer == "fc" for f in found)


def test_another_net_or_output() -> None:
    broken = (
        hints().edited(G2, "g2_init", "g3_init").edited(G2, "g2_train", "g1_train").edited(G2, "seed: 12", "seed: 13")
    )
    found = broken.findings()
    assert_found(found, G2, None, "output is", "proposed/g2_init.caffemodel")
    assert_found(found, G2, None, "net is", "g2_train.prototxt")
    assert_found(found, G2, None, "seed is 13, expected 12")
