"""The nets themselves, also where a fault stands in all files alike."""

import re
from dataclasses import replace

import pytest
from linting import Generated, assert_found, layer_text, of

KD = "generated/cifar10/resnet14-resnet8/kd/stage2_train.prototxt"
PLAIN = "generated/cifar10/resnet8/plain/train.prototxt"
MSRA = r'weight_filler \{ type: "msra" \} '


def kd(**overrides: str) -> Generated:
    """CIFAR-10, 14 to 8 layers: the teacher, the plain student, KD without hints."""
    return of("fig7", "kd", **overrides)


def nets(generated: Generated) -> list[str]:
    return [file for file in generated.files if file.endswith(".prototxt") and not file.endswith("solver.prototxt")]


def everywhere(generated: Generated, pattern: str, text: str) -> Generated:
    """With a regular expression replaced in each net, as if a macro that they share were wrong."""
    broken = {file: re.sub(pattern, text, generated.files[file], flags=re.MULTILINE) for file in nets(generated)}
    assert all(generated.files[file] != new for file, new in broken.items()), f"{pattern} is not in all nets"
    return replace(generated, files={**generated.files, **broken})


@pytest.mark.parametrize(
    ("pattern", "text", "layers", "words"),
    [
        (MSRA, "", ["conv1", "res3_1/conv2", "fc"], ('weight_filler.type is "constant"', 'filler { type: "msra" }')),
        (r'^layer \{ name: "\S*res\d_\d/relu".*\n', "", ["res1_1/relu", "res3_1/relu"], ("it is missing from ResNet",)),
        (
            r"eltwise_param \{ operation: SUM",
            "eltwise_param { operation: MAX",
            ["res1_1/sum", "res2_1/sum"],
            ("eltwise_param.operation is MAX", "`eltwise_param { operation: SUM }`"),
        ),
        ("pool: AVE", "pool: MAX", ["pool"], ("pooling_param.pool is MAX", "`pooling_param { pool: AVE }`")),
        (
            r'type: "constant" value: 1',
            'type: "constant" value: 0.5',
            ["res2_1/subsample", "res3_1/subsample"],
            ("weight_filler.value is 0.5", "weight_filler { value: 1 }"),
        ),
    ],
)
def test_a_fault_that_all_nets_share(pattern: str, text: str, layers: list[str], words: tuple[str, ...]) -> None:
    """Each net is told and, where there are two in a file, the student and the teacher."""
    found = everywhere(kd(), pattern, text).findings()
    for layer in layers:
        for file in nets(kd()):
            assert_found(found, file, layer, *words)
        assert_found(found, KD, f"teacher/{layer}", *words)


def test_a_projection_of_another_kind_in_all_nets() -> None:
    """It reads every second row and column; 3x3 with padding would have the same shape."""
    pattern, text = "kernel_size: 1 stride: 2 pad: 0", "kernel_size: 3 stride: 2 pad: 1"
    found = everywhere(kd(shortcut="projection"), pattern, text).findings()
    for layer in ("res2_1/shortcut", "teacher/res3_1/shortcut"):
        assert_found(found, KD, layer, "convolution_param.kernel_size is 3", "kernel_size: 1")
        assert_found(found, KD, layer, "convolution_param.pad is 1", "pad: 0")


def test_the_other_shortcut_in_all_nets() -> None:
    experiment = kd().experiments
    found = Generated(experiment, kd(shortcut="projection").files).findings()
    assert_found(found, PLAIN, "res2_1/subsample", "it is missing from ResNet-8")
    assert_found(found, PLAIN, "res2_1/shortcut/bn", "ResNet-8 has no such layer", "Take it out")
    assert_found(found, PLAIN, "res2_1/shortcut", 'its type is "Convolution"', 'that of ResNet-8 is "Concat"')


def test_a_layer_that_no_description_has_in_all_nets() -> None:
    """Dropout under a name of its own, in place: in no file is there a layer too few, or one of another kind."""
    pattern, text = (
        r'^layer \{ name: "pool".*\n',
        r'\g<0>layer { name: "d" type: "Dropout" bottom: "pool" top: "pool" }\n',
    )
    found = everywhere(kd(), pattern, text).findings()
    for file in nets(kd()):
        assert_found(found, file, "d", "it writes 'pool', a blob of ResNet-", "take the layer out")


def test_layers_in_place_in_another_order_in_all_nets() -> None:
    """The ReLU before the Scale."""
    lines = r'^(layer \{ name: "res1_1/conv1/scale".*\n)(layer \{ name: "res1_1/conv1/relu".*\n)'
    found = everywhere(kd(), lines, r"\2\1").findings()
    assert_found(found, PLAIN, "res1_1/conv1/relu", "it stands where 'res1_1/conv1/scale' belongs", "order")


@pytest.mark.parametrize(
    ("layer", "old", "new", "words"),
    [
        ("res2_1/conv1", "stride: 2 pad: 1", "stride: 2 pad: 2 dilation: 2", ("dilation is 2", "dilation: 1")),
        ("res1_1/conv2", "convolution_param", 'param { name: "w" } convolution_param', ("share its params", "'w'")),
        (
            "res1_1/sum",
            "eltwise_param",
            "propagate_down: [false, true] eltwise_param",
            ("propagate_down is false, true",),
        ),
        ("res2_1/zeros", "scale: 0", "scale: 0 shift: 1", ("power_param.shift is 1", "Leave shift out")),
        ("res1_1/relu", "top:", "relu_param { negative_slope: 0.1 } top:", ("negative_slope is 0.1", "Leave")),
        ("res3_1/sum", '"res3_1/shortcut"', '"res3_1/conv1"', ('bottom is "res3_1/conv1", "res3_1/conv2"', "bottom:")),
    ],
)
def test_a_layer_of_another_kind(layer: str, old: str, new: str, words: tuple[str, ...]) -> None:
    found = kd().edited(PLAIN, old, new, layer=layer).findings()
    assert_found(found, PLAIN, layer, *words)


def test_what_is_caffe_s_default_may_be_said_or_not() -> None:
    broken = everywhere(kd(), " stride: 1 pad: 1", " pad: 1 group: 1")
    assert broken.findings() == ()


def test_a_net_of_the_first_modules() -> None:
    """A step of SL-ResNet ends at a pool and an FC after the first module."""
    step = of("fig7", "sl-resnet")
    file = "generated/cifar10/resnet8/sl-resnet/s1_train.prototxt"
    assert layer_text(step.files[file], "pool").count('"res1_1"') == 1
    found = step.edited(file, "AVE", "MAX", layer="pool").findings()
    assert [(f.file, f.layer) for f in found] == [(file, "pool")]
    assert_found(found, file, "pool", "that of ResNet-8's stem and first 1 of 3 modules is AVE")
