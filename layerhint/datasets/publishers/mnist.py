"""MNIST: 60,000 + 10,000 grey images 28x28 of the ten digits (LeCun, Cortes, Burges); stored as published.

The paper trains on MNIST "without data preprocessing": no padding, no mean.
"""

from layerhint.datasets.facts import Facts
from layerhint.datasets.images import SplitName
from layerhint.datasets.publishers.descriptor import Archive, DatasetDescriptor, PublisherFile, SampleRule
from layerhint.datasets.publishers.idx import choose_mnist, decode_mnist

# The publisher's own server no longer answers everybody; the two mirrors hold the same bytes.
_SERVERS = (
    "https://yann.lecun.com/exdb/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)


def _archive(size: int, md5: str, member: PublisherFile) -> Archive:
    name = f"{member.name}.gz"
    return Archive(name, size, md5, tuple(server + name for server in _SERVERS), "", (member,))


def _images(name: str, split: SplitName, count: int, md5: str) -> PublisherFile:
    return PublisherFile(name, split, 16 + count * 28 * 28, md5)


def _labels(name: str, split: SplitName, count: int, md5: str) -> PublisherFile:
    return PublisherFile(name, split, 8 + count, md5)


MNIST = DatasetDescriptor(
    facts=Facts(
        name="mnist",
        title="MNIST",
        channels=1,
        size=28,
        pad=0,
        classes=10,
        has_mean=False,
    ),
    train_count=60_000,
    test_count=10_000,
    folder="MNIST/raw",
    archives=(
        _archive(
            9_912_422,
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            _images("train-images-idx3-ubyte", "train", 60_000, "6bbc9ace898e44ae57da46a324031adb"),
        ),
        _archive(
            28_881,
            "d53e105ee54ea40749a09fcbcd1e9432",
            _labels("train-labels-idx1-ubyte", "train", 60_000, "a25bea736e30d166cdddb491f175f624"),
        ),
        _archive(
            1_648_877,
            "9fb629c4189551a2d022fa330f9573f3",
            _images("t10k-images-idx3-ubyte", "test", 10_000, "2646ac647ad5339dbf082846283269ea"),
        ),
        _archive(
            4_542,
            "ec29112dd5afa0611ce80d1b7f02629c",
            _labels("t10k-labels-idx1-ubyte", "test", 10_000, "27ae3e4e09519cfbb04c329615203637"),
        ),
    ),
    decode=decode_mnist,
    sample=SampleRule({"train": 200, "test": 50}, choose_mnist),
)
