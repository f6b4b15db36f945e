"""The CIFAR binary format: label bytes, then the red, green and blue plane of a 32x32 image, row by row.

Source: the description of the binary version on https://www.cs.toronto.edu/~kriz/cifar.html
"""

from collections.abc import Mapping

import numpy as np

from layerhint.datasets.images import Bytes, Decoded, Split, SplitName
from layerhint.datasets.publishers.descriptor import Chosen, DatasetDescriptor, PublisherFile
from layerhint.datasets.publishers.first_per_class import first_per_class
from layerhint.errors import LayerhintError


def decode_cifar(
    descriptor: DatasetDescriptor, contents: Mapping[str, bytes], *, label_limits: tuple[int, ...]
) -> Decoded:
    """Read the records of every file; the last label byte is the label that is kept.

    `label_limits` holds, for each label byte of a record, the number of values it may take:
    (10,) for CIFAR-10, (20, 100) for the coarse and fine labels of CIFAR-100.
    Raises LayerhintError for a length that is no whole number of records, a label out of range
    or another number of records than the descriptor says.
    """
    train = _join([f for f in descriptor.files if f.split == "train"], contents, descriptor, label_limits)
    test = _join([f for f in descriptor.files if f.split == "test"], contents, descriptor, label_limits)
    for name, split, expected in (
        ("training", train, descriptor.train_count),
        ("test", test, descriptor.test_count),
    ):
        if len(split.labels) != expected:
            raise LayerhintError(
                f"{descriptor.facts.title}: the files hold {len(split.labels)} {name} images, expected {expected}"
            )
    return Decoded(train, test)


def choose_cifar(
    descriptor: DatasetDescriptor,
    contents: Mapping[str, bytes],
    per_class: Mapping[SplitName, int],
    *,
    label_limits: tuple[int, ...],
) -> Chosen:
    """The first records of each class in every file, in the file's order; raises LayerhintError as `decode_cifar`."""
    chosen: dict[str, bytes] = {}
    counts: dict[SplitName, int] = {"train": 0, "test": 0}
    for file in descriptor.files:
        records = cifar_records(file.name, contents[file.name], descriptor, label_limits)
        keep = first_per_class(records[:, len(label_limits) - 1], per_class[file.split], descriptor.facts.classes)
        chosen[file.name] = records[keep].tobytes()
        counts[file.split] += len(keep)
    return Chosen(chosen, counts)


def _join(
    files: list[PublisherFile],
    contents: Mapping[str, bytes],
    descriptor: DatasetDescriptor,
    label_limits: tuple[int, ...],
) -> Split:
    records = [cifar_records(f.name, contents[f.name], descriptor, label_limits) for f in files]
    shape = (descriptor.facts.channels, descriptor.facts.size, descriptor.facts.size)
    images = np.concatenate([r[:, len(label_limits) :] for r in records])
    labels = np.concatenate([r[:, len(label_limits) - 1] for r in records])
    return Split(images.reshape(-1, *shape), labels)


def cifar_records(name: str, content: bytes, descriptor: DatasetDescriptor, label_limits: tuple[int, ...]) -> Bytes:
    """A view (N, label bytes + C*H*W) of one file's records, labels checked.

    Raises LayerhintError for a wrong length or a label out of range.
    """
    length = len(label_limits) + descriptor.facts.channels * descriptor.facts.size**2
    if len(content) % length:
        raise LayerhintError(f"{name}: {len(content)} bytes are no whole number of {length}-byte records")
    records = np.frombuffer(content, np.uint8).reshape(-1, length)
    for column, limit in enumerate(label_limits):
        wrong = np.flatnonzero(records[:, column] >= limit)
        if wrong.size:
            raise LayerhintError(
                f"{name}: record {wrong[0]} has label {records[wrong[0], column]}, expected 0 to {limit - 1}"
                f"; is it a file of {descriptor.facts.title}?"
            )
    return records
