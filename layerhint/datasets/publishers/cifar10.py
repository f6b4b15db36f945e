"""CIFAR-10: 50,000 + 10,000 RGB images 32x32 in 10 classes (Krizhevsky 2009).

The archive's MD5 stands on its publisher's page; the members' are those of the files inside it.
"""

from functools import partial

from layerhint.datasets.facts import Facts
from layerhint.datasets.publishers.cifar_records import choose_cifar, decode_cifar
from layerhint.datasets.publishers.descriptor import Archive, DatasetDescriptor, PublisherFile, SampleRule

_LABEL_LIMITS = (10,)

_BATCH_BYTES = 10_000 * (1 + 3 * 32 * 32)

CIFAR10 = DatasetDescriptor(
    facts=Facts(
        name="cifar10",
        title="CIFAR-10",
        channels=3,
        size=32,
        pad=4,
        classes=10,
        has_mean=True,
    ),
    train_count=50_000,
    test_count=10_000,
    folder="cifar-10-batches-bin",
    archives=(
        Archive(
            name="cifar-10-binary.tar.gz",
            size=170_052_171,
            md5="c32a1d4ab5d03f1284b67883e8d87530",
            urls=("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
            folder="cifar-10-batches-bin",
            members=(
                PublisherFile("data_batch_1.bin", "train", _BATCH_BYTES, "5dd7e06a14cb22eb9f671a540d1b7c25"),
                PublisherFile("data_batch_2.bin", "train", _BATCH_BYTES, "5ea93a67294ea407fff1d09f752e9692"),
                PublisherFile("data_batch_3.bin", "train", _BATCH_BYTES, "942cd6a4bcdd0dd3c604fbe906cb4421"),
                PublisherFile("data_batch_4.bin", "train", _BATCH_BYTES, "ae636b3ba5c66a11e91e8cb52e771fcb"),
                PublisherFile("data_batch_5.bin", "train", _BATCH_BYTES, "53f37980c15c3d472c316c40844f3f0d"),
                PublisherFile("test_batch.bin", "test", _BATCH_BYTES, "803d5f7f4d78ea53de84dbe85f74fb6d"),
            ),
        ),
    ),
    decode=partial(decode_cifar, label_limits=_LABEL_LIMITS),
    sample=SampleRule({"train": 20, "test": 30}, partial(choose_cifar, label_limits=_LABEL_LIMITS)),
)
