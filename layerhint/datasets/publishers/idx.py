"""The idx format of MNIST: two zero bytes, the type (8: uint8), the number of axes, big-endian sizes, data.

Source: the description on http://yann.lecun.com/exdb/mnist/
"""

from collections.abc import Mapping

import numpy as np

from layerhint.datasets.images import Bytes, Decoded, Split, SplitName
from layerhint.datasets.publishers.descriptor import Chosen, DatasetDescriptor
from layerhint.datasets.publishers.first_per_class import first_per_class
from layerhint.errors import LayerhintError


def decode_mnist(descriptor: DatasetDescriptor, contents: Mapping[str, bytes]) -> Decoded:
    """Read the four idx files.

    Raises LayerhintError for a header that is not the expected one or a label out of range.
    """
    return Decoded(
        _split(descriptor, contents, "train", descriptor.train_count),
        _split(descriptor, contents, "test", descriptor.test_count),
    )


def choose_mnist(
    descriptor: DatasetDescriptor, contents: Mapping[str, bytes], per_class: Mapping[SplitName, int]
) -> Chosen:
    """The first images of each class in every file, in the file's order; raises LayerhintError as `decode_mnist`."""
    chosen: dict[str, bytes] = {}
    counts: dict[SplitName, int] = {"train": descriptor.train_count, "test": descriptor.test_count}
    for split, total in tuple(counts.items()):
        images_file, labels_file = (f.name for f in descriptor.files if f.split == split)
        images = read_idx(images_file, contents[images_file], (total, descriptor.facts.size, descriptor.facts.size))
        labels = read_idx(labels_file, contents[labels_file], (total,))
        keep = first_per_class(labels, per_class[split], descriptor.facts.classes)
        for name, kept in ((images_file, images[keep]), (labels_file, labels[keep])):
            chosen[name] = idx_header(kept.shape) + kept.tobytes()
        counts[split] = len(keep)
    return Chosen(chosen, counts)


def _split(descriptor: DatasetDescriptor, contents: Mapping[str, bytes], split: SplitName, count: int) -> Split:
    images_file, labels_file = (f.name for f in descriptor.files if f.split == split)
    size = descriptor.facts.size
    images = read_idx(images_file, contents[images_file], (count, size, size))
    labels = read_idx(labels_file, contents[labels_file], (count,))
    wrong = np.flatnonzero(labels >= descriptor.facts.classes)
    if wrong.size:
        raise LayerhintError(
            f"{labels_file}: label {wrong[0]} is {labels[wrong[0]]}, expected 0 to {descriptor.facts.classes - 1}"
        )
    return Split(images.reshape(count, descriptor.facts.channels, size, size), labels)


def read_idx(name: str, content: bytes, shape: tuple[int, ...]) -> Bytes:
    """The array uint8 of `shape` that an idx file holds; raises LayerhintError where the header differs."""
    header = idx_header(shape)
    if content[: len(header)] != header:
        raise LayerhintError(
            f"{name}: the idx header is {content[: len(header)].hex(' ')}, expected {header.hex(' ')} "
            f"(uint8 data of shape {shape})"
        )
    data = np.frombuffer(content, np.uint8, offset=len(header))
    if data.size != np.prod(shape):
        raise LayerhintError(
            f"{name}: {data.size} bytes of data after the header, expected {np.prod(shape)} for shape {shape}"
        )
    return data.reshape(shape)


def idx_header(shape: tuple[int, ...]) -> bytes:
    """The header of an idx file of uint8 data: 4 bytes, then 4 bytes for each axis."""
    return bytes((0, 0, 8, len(shape))) + b"".join(length.to_bytes(4, "big") for length in shape)
