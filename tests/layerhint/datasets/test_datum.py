"""Rows of key and Datum, held to protobuf's own serialisation."""

import numpy as np
import pytest

from layerhint.datasets.datum import datum_rows, pad_images
from torchcaffe.proto.caffe_pb2 import Datum


@pytest.mark.parametrize("shape", [(3, 40, 40), (3, 32, 32), (1, 28, 28), (2, 3, 5), (1, 1, 127), (1, 1, 128)])
def test_rows_are_what_protobuf_writes(shape: tuple[int, int, int]) -> None:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (7, *shape), dtype=np.uint8)
    labels = np.array([0, 1, 9, 99, 127, 64, 0], np.uint8)
    rows = datum_rows(98, images, labels)
    for i, row in enumerate(rows):
        datum = Datum(
            channels=shape[0], height=shape[1], width=shape[2], data=images[i].tobytes(), label=int(labels[i])
        )
        assert row[:8].tobytes() == f"{98 + i:08d}".encode()
        assert row[8:].tobytes() == datum.SerializeToString()


def test_more_than_128_classes_take_two_bytes_of_label() -> None:
    images = np.arange(5 * 2 * 3 * 4, dtype=np.uint8).reshape(5, 2, 3, 4)
    labels = np.array([0, 127, 128, 300, 16383], np.uint16)
    rows = datum_rows(0, images, labels)
    datums = [Datum.FromString(row[8:].tobytes()) for row in rows]
    assert [datum.label for datum in datums] == labels.tolist()
    assert [datum.data for datum in datums] == [image.tobytes() for image in images]
    assert (
        rows[3, 8:].tobytes()
        == Datum(channels=2, height=3, width=4, data=images[3].tobytes(), label=300).SerializeToString()
    )


@pytest.mark.parametrize("largest", [127, 128, 16383])
def test_the_largest_label_of_a_database_is_read_back(largest: int) -> None:
    rows = datum_rows(0, np.zeros((2, 1, 2, 3), np.uint8), np.array([5, largest], np.uint16))
    assert [Datum.FromString(row[8:].tobytes()).label for row in rows] == [5, largest]


def test_a_label_of_zero_is_written_and_not_left_out() -> None:
    datum = Datum.FromString(datum_rows(0, np.zeros((1, 1, 2, 3), np.uint8), np.zeros(1, np.uint8))[0, 8:].tobytes())
    assert datum.HasField("label")
    assert not datum.HasField("encoded")


def test_what_does_not_fit_a_row_is_refused() -> None:
    image = np.zeros((1, 1, 2, 3), np.uint8)
    with pytest.raises(ValueError, match="label 16384"):
        datum_rows(0, image, np.array([16384], np.uint16))
    with pytest.raises(ValueError, match="8 digits"):
        datum_rows(10**8, image, np.array([1], np.uint8))


def test_padding_is_zero_on_every_side() -> None:
    images = np.arange(1, 1 + 2 * 3 * 2, dtype=np.uint8).reshape(1, 2, 3, 2)
    padded = pad_images(images, 2)
    assert padded.shape == (1, 2, 7, 6)
    assert np.array_equal(padded[:, :, 2:5, 2:4], images)
    assert padded.sum() == images.sum()
    assert pad_images(images, 0) is images
