"""The least work of an iteration, against sums by hand."""

from pathlib import Path

import pytest

from benchmarks.case import Case
from benchmarks.cases import choose
from benchmarks.floors import Work, count_work
from benchmarks.generated_files import point_to_images, read_generated
from benchmarks.images import KINDS, Images, make_images
from torchcaffe.proto.text import to_text

# 1 x 28 x 28 images; conv1: 3 filters of 5 x 5, 24 x 24 positions; conv2: 2 filters of 3 x 3, 22 x 22; ip: 7 scores.
NET = """
layer {{ name: "data" type: "Data" top: "data" top: "label"
  data_param {{ source: "{source}" backend: LMDB batch_size: 4 }} }}
layer {{ name: "conv1" type: "Convolution" bottom: "data" top: "conv1" {first}
  convolution_param {{ num_output: 3 kernel_size: 5 bias_term: false }} }}
layer {{ name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }}
layer {{ name: "conv2" type: "Convolution" bottom: "conv1" top: "conv2" {second}
  convolution_param {{ num_output: 2 kernel_size: 3 bias_term: false }} }}
layer {{ name: "ip" type: "InnerProduct" bottom: "conv2" top: "ip" inner_product_param {{ num_output: 7 }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }}
"""  # fmt: skip
FROZEN = "param { lr_mult: 0 decay_mult: 0 }"
CONV1, CONV2, IP = 3 * 25 * 24 * 24, 2 * 3 * 9 * 22 * 22, 2 * 22 * 22 * 7
# Numbers of the blobs and of the params.
DATA, LABEL, TOP1, TOP2, SCORES, LOSS = 4 * 784, 4, 4 * 3 * 576, 4 * 2 * 484, 4 * 7, 1
W1, W2, W3 = 75, 54, IP + 7
IMAGES = 4 * 784


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Images:
    return make_images(KINDS["mnist"], tmp_path_factory.mktemp("images") / "mnist", 5)


def work(images: Images, folder: Path, first: str = "", second: str = "") -> Work:
    file = folder / "net.prototxt"
    file.write_text(NET.format(source=images.database, first=first, second=second))
    return count_work(file, 784)


def test_all_learn(images: Images, tmp_path: Path) -> None:
    """The lowest layer needs no gradient of its bottom."""
    flops = 2 * 4 * (2 * CONV1 + 3 * CONV2 + 3 * IP)
    moved = 2 * (DATA + LABEL) + 5 * (TOP1 + TOP2 + SCORES + LOSS) + 7 * (W1 + W2 + W3)
    assert work(images, tmp_path) == Work(flops, 4 * moved + IMAGES)


def test_below_what_learns_nothing_goes_backward(images: Images, tmp_path: Path) -> None:
    flops = 2 * 4 * (CONV1 + CONV2 + 2 * IP)
    moved = 2 * (DATA + LABEL + TOP1 + TOP2) + 5 * (SCORES + LOSS) + W1 + W2 + 7 * W3
    assert work(images, tmp_path, FROZEN, FROZEN) == Work(flops, 4 * moved + IMAGES)


def test_a_frozen_layer_above_one_that_learns_passes_the_gradient_on(images: Images, tmp_path: Path) -> None:
    flops = 2 * 4 * (2 * CONV1 + 2 * CONV2 + 3 * IP)
    moved = 2 * (DATA + LABEL) + 5 * (TOP1 + TOP2 + SCORES + LOSS) + 7 * W1 + W2 + 7 * W3
    assert work(images, tmp_path, second=FROZEN) == Work(flops, 4 * moved + IMAGES)


def generated_flops(case: Case, images: Images, file: Path) -> int:
    net, _ = read_generated(case)
    point_to_images(net, images)
    file.write_text(to_text(net))
    return count_work(file, images.kind.bytes_per_record).flops


def test_a_frozen_teacher_counts_once_and_its_student_three_times(images: Images, tmp_path: Path) -> None:
    """Of m multiply-adds a net trains with 3 m, less one gradient of the images; as a teacher it takes m."""
    first_convolution = 28 * 28 * 9 * 16
    names = ("mnist-plain-8", "mnist-plain-32", "mnist-kd-32-8")
    small, large, both = (generated_flops(case, images, tmp_path / "net.prototxt") for case in choose(names))
    assert both - small == (large + 2 * 64 * first_convolution) / 3
