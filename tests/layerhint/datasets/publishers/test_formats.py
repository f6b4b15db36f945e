"""The publishers' formats, on files written by hand."""

from dataclasses import replace

import numpy as np
import pytest

from layerhint.datasets.publishers.cifar10 import CIFAR10
from layerhint.datasets.publishers.cifar100 import CIFAR100
from layerhint.datasets.publishers.descriptor import DatasetDescriptor
from layerhint.datasets.publishers.mnist import MNIST
from layerhint.errors import LayerhintError


def _cifar10_record(label: int, pixel: int) -> bytes:
    # Red, green and blue plane of one value each, distinct.
    return bytes([label]) + bytes([pixel]) * 1024 + bytes([pixel + 1]) * 1024 + bytes([pixel + 2]) * 1024


def _small_cifar10() -> tuple[DatasetDescriptor, dict[str, bytes]]:
    contents = {f"data_batch_{i}.bin": _cifar10_record(i, 10 * i) for i in range(1, 6)}
    contents["test_batch.bin"] = _cifar10_record(9, 100) + _cifar10_record(0, 200)
    return replace(CIFAR10, train_count=5, test_count=2), contents


def test_cifar10_keeps_batch_order_planes_and_labels() -> None:
    descriptor, contents = _small_cifar10()
    decoded = descriptor.decode(descriptor, contents)
    assert decoded.train.images.shape == (5, 3, 32, 32)
    assert decoded.train.labels.tolist() == [1, 2, 3, 4, 5]
    assert decoded.train.images[:, :, 0, 0].tolist() == [[10 * i, 10 * i + 1, 10 * i + 2] for i in range(1, 6)]
    assert decoded.test.labels.tolist() == [9, 0]
    assert decoded.test.images[1, :, 31, 31].tolist() == [200, 201, 202]


def test_cifar_rows_come_before_columns() -> None:
    descriptor, contents = _small_cifar10()
    ramp = bytes(i % 251 for i in range(3072))
    contents["data_batch_1.bin"] = b"\x07" + ramp
    image = descriptor.decode(descriptor, contents).train.images[0]
    assert image[0, 0, 31] == 31
    assert image[0, 1, 0] == 32
    assert image[1, 0, 0] == 1024 % 251


def test_cifar100_takes_the_fine_label() -> None:
    descriptor = replace(CIFAR100, train_count=2, test_count=1)
    image = bytes(3072)
    contents = {"train.bin": b"\x13\x63" + image + b"\x00\x05" + image, "test.bin": b"\x01\x02" + image}
    decoded = descriptor.decode(descriptor, contents)
    assert decoded.train.labels.tolist() == [99, 5]
    assert decoded.test.labels.tolist() == [2]


def test_cifar_refuses_what_is_not_cifar() -> None:
    descriptor, contents = _small_cifar10()
    with pytest.raises(LayerhintError, match=r"data_batch_2\.bin: record 0 has label 10, expected 0 to 9"):
        descriptor.decode(descriptor, contents | {"data_batch_2.bin": _cifar10_record(10, 0)})
    with pytest.raises(LayerhintError, match=r"test_batch\.bin: 3072 bytes"):
        descriptor.decode(descriptor, contents | {"test_batch.bin": bytes(3072)})
    with pytest.raises(LayerhintError, match="6 training images, expected 5"):
        descriptor.decode(descriptor, contents | {"data_batch_1.bin": _cifar10_record(0, 0) * 2})
    coarse = replace(CIFAR100, train_count=1, test_count=1)
    with pytest.raises(LayerhintError, match=r"train\.bin: record 0 has label 20, expected 0 to 19"):
        coarse.decode(coarse, {"train.bin": b"\x14\x01" + bytes(3072), "test.bin": bytes(3074)})


def _small_mnist() -> tuple[DatasetDescriptor, dict[str, bytes]]:
    descriptor = replace(MNIST, facts=replace(MNIST.facts, size=3), train_count=2, test_count=1)
    return descriptor, {
        "train-images-idx3-ubyte": bytes.fromhex("00000803 00000002 00000003 00000003") + bytes(range(18)),
        "train-labels-idx1-ubyte": bytes.fromhex("00000801 00000002") + bytes([7, 0]),
        "t10k-images-idx3-ubyte": bytes.fromhex("00000803 00000001 00000003 00000003") + bytes(range(90, 99)),
        "t10k-labels-idx1-ubyte": bytes.fromhex("00000801 00000001") + bytes([9]),
    }


def test_mnist_reads_idx() -> None:
    descriptor, contents = _small_mnist()
    decoded = descriptor.decode(descriptor, contents)
    assert np.array_equal(decoded.train.images, np.arange(18).reshape(2, 1, 3, 3))
    assert decoded.train.labels.tolist() == [7, 0]
    assert decoded.test.images[0, 0, 2, 2] == 98
    assert decoded.test.labels.tolist() == [9]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train-images-idx3-ubyte", "00000803 00000003 00000003 00000003", "expected 00 00 08 03 00 00 00 02"),
        ("train-images-idx3-ubyte", "00000803 00000002 00000003 00000003 00", "1 bytes of data.*expected 18"),
        ("train-labels-idx1-ubyte", "00000801 00000002 0a00", "label 0 is 10, expected 0 to 9"),
        ("t10k-labels-idx1-ubyte", "", "idx header is , expected 00 00 08 01"),
    ],
)
def test_mnist_refuses_what_is_not_mnist(name: str, content: str, message: str) -> None:
    descriptor, contents = _small_mnist()
    with pytest.raises(LayerhintError, match=message):
        descriptor.decode(descriptor, contents | {name: bytes.fromhex(content)})


@pytest.mark.parametrize("descriptor", [CIFAR10, CIFAR100, MNIST], ids=lambda d: d.facts.name)
def test_file_sizes_are_those_of_their_counts(descriptor: DatasetDescriptor) -> None:
    # Label bytes and headers from the publishers' format descriptions.
    label_bytes = {"cifar10": 1, "cifar100": 2, "mnist": 1}[descriptor.facts.name]
    headers = {"cifar10": 0, "cifar100": 0, "mnist": 2 * (16 + 8)}[descriptor.facts.name]
    images = descriptor.train_count + descriptor.test_count
    record = label_bytes + descriptor.facts.channels * descriptor.facts.size**2
    assert sum(f.size for f in descriptor.files) == images * record + headers
