"""CIFAR-100: 50,000 + 10,000 RGB images 32x32 in 100 classes (Krizhevsky 2009); the label is the fine one.

The archive's MD5 stands on its publisher's page. The members' are from other projects' lists; they only decide
whether a file that was unpacked by hand counts as verified.
"""

from functools import partial

from layerhint.datasets.facts import Facts
from layerhint.datasets.publishers.cifar_records import choose_cifar, decode_cifar
from layerhint.datasets.publishers.descriptor import Archive, DatasetDescriptor, PublisherFile, SampleRule

_LABEL_LIMITS = (20, 100)

_RECORD_BYTES = 2 + 3 * 32 * 32

CIFAR100 = DatasetDescriptor(
    facts=Facts(
        name="cifar100",
        title="CIFAR-100",
        channels=3,
        size=32,
        pad=4,
        classes=100,
        has_mean=True,
    ),
    train_count=50_000,
    test_count=10_000,
    folder="cifar-100-binary",
    archives=(
        Archive(
            name="cifar-100-binary.tar.gz",
            size=168_513_733,
            md5="03b5dce01913d631647c71ecec9e9cb8",
            urls=("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",),
            folder="cifar-100-binary",
            members=(
                PublisherFile("train.bin", "train", 50_000 * _RECORD_BYTES, "6172c7755cfe09b2fe270c85cebc1b15"),
                PublisherFile("test.bin", "test", 10_000 * _RECORD_BYTES, "4499cfba6c016c1be1438163640a0898"),
            ),
        ),
    ),
    decode=partial(decode_cifar, label_limits=_LABEL_LIMITS),
    sample=SampleRule({"train": 10, "test": 2}, partial(choose_cifar, label_limits=_LABEL_LIMITS)),
)
