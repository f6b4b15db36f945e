"""What runs backward: as Caffe plans it, never a frozen layer, always one that learns."""

from collections.abc import Callable, Iterator

import pytest
from linting import PAIR, assert_found, hints, of

from layerhint.lint.rules.gradient import layers_run_backward
from layerhint.nets.generated_net import GeneratedNet
from layerhint.nets.net_shapes import net_shapes
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net

G1 = f"{PAIR}/proposed/g1_train.prototxt"
KD = f"{PAIR}/proposed/stage2_train.prototxt"

SMALL = """
layer {{ name: "data" type: "Input" top: "data" input_param {{ shape {{ dim: 2 dim: 3 dim: 5 dim: 7 }} }} }}
layer {{ name: "a" type: "Convolution" bottom: "data" top: "a" convolution_param {{ num_output: 4 kernel_size: 1 }} }}
layer {{ name: "a/relu" type: "ReLU" bottom: "a" top: "a" }}
layer {{ name: "b" type: "Convolution" bottom: "a" top: "b" {b} convolution_param {{ num_output: 6 kernel_size: 1 }} }}
layer {{ name: "c" type: "Convolution" bottom: "{c_reads}" top: "c" param {{ lr_mult: 0 }} param {{ lr_mult: 0 }}
         convolution_param {{ num_output: 6 kernel_size: 1 }} }}
layer {{ name: "unused" type: "Power" bottom: "b" top: "unused" }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "b" bottom: "c" top: "loss" {loss} }}
{net}
"""


def small_nets() -> Iterator[str]:
    plain = {"b": "", "c_reads": "data", "loss": "", "net": ""}
    for changes in (
        {},
        {"c_reads": "a"},
        {"b": "propagate_down: false"},
        {"loss": "propagate_down: false propagate_down: true"},
        {"loss": "propagate_down: false propagate_down: false"},
        {"c_reads": "a", "loss": "propagate_down: false propagate_down: true"},
        {"loss": "loss_weight: 0"},
        {"net": "force_backward: true"},
    ):
        yield SMALL.format(**(plain | changes))


def generated_nets() -> Iterator[str]:
    """Plain, hint and KD training, and a step of SL-ResNet over frozen modules."""
    for generated in (of("fig4", "proposed"), of("fig7", "sl-resnet", sl_resnet_trains="new")):
        nets = ("g2_train.prototxt", "stage2_train.prototxt", "s2_train.prototxt")
        yield from (text for path, text in generated.files.items() if path.endswith(nets))


def with_inputs(text: str) -> caffe_pb2.NetParameter:
    """Images of 3 x 8 x 8, two of them, in the place of a database."""
    param = parse_net(text)
    for layer in param.layer:
        if layer.type == "Data":
            tops = list(layer.top)
            layer.CopyFrom(caffe_pb2.LayerParameter(name=layer.name, type="Input", top=tops))
            for dims in [(2, 3, 8, 8), (2,)][: len(tops)]:
                layer.input_param.shape.add().dim.extend(dims)
    return param


@pytest.mark.parametrize("nets", [small_nets, generated_nets])
def test_the_plan_is_torchcaffe_s_own(nets: Callable[[], Iterator[str]]) -> None:
    for text in nets():
        param = with_inputs(text)
        planned = {node.layer.name: node.need_backward for node in Net(param).nodes if node.layer.param.type != "Split"}
        net = GeneratedNet("x.prototxt", param, net_shapes(param, caffe_pb2.TRAIN, (3, 8, 8)))
        mine = dict(zip(planned, layers_run_backward(net), strict=True))
        assert mine == planned, text


def test_a_teacher_that_reads_the_student() -> None:
    found = hints().edited(G1, 'bottom: "teacher/conv1"', 'bottom: "conv1"', layer="teacher/res1_1/conv1").findings()
    assert_found(
        found, G1, "teacher/res1_1/conv1", "'conv1' comes from layers that learn", "read the images and one another"
    )
    backward = [f.layer for f in found if "backward" in f.fault]
    assert backward == ["teacher/res1_1/conv1"], "the layers above it are not told again"


def test_a_teacher_whose_params_learn() -> None:
    still = "param { lr_mult: 0 decay_mult: 0 } param { lr_mult: 0 decay_mult: 0 }"
    found = hints().edited(KD, still, "", layer="teacher/fc").findings()
    assert_found(found, KD, "teacher/fc", "run it backward: its own params learn", "lr_mult 0")


def test_force_backward() -> None:
    found = hints().edited(KD, 'name: "cifar100', 'force_backward: true\nname: "cifar100').findings()
    assert_found(found, KD, "teacher/conv1", "force_backward", "Leave force_backward out")


def test_a_student_that_no_loss_reaches() -> None:
    """The loss refuses its gradient to what it reads, and asks for the teacher's instead."""
    cut = 'top: "hint/loss" propagate_down: false propagate_down: true'
    found = hints().edited(G1, 'top: "hint/loss"', cut, layer="hint/loss").findings()
    assert_found(found, G1, "res1_1/conv2", "it learns nothing", "propagate_down")
    assert_found(found, G1, "conv1", "it learns nothing")


def test_a_student_above_the_loss_learns_nothing() -> None:
    """G2's net with the loss on G1's blobs: nothing above res1_1 would train."""
    file = f"{PAIR}/proposed/g2_train.prototxt"
    broken = hints().edited(file, '"res2_1"', '"res1_1"', layer="hint/loss")
    found = broken.edited(file, '"teacher/res2_2"', '"teacher/res1_2"', layer="hint/loss").findings()
    assert_found(found, file, "res2_1/conv1", "it learns nothing")
    assert_found(found, file, "hint/loss", "it compares 'res1_1' and 'teacher/res1_2'", 'bottom: "res2_1"')
