"""What is taken apart at once is what protobuf reads, and what is not plain is left to protobuf."""

import numpy as np
import pytest

from torchcaffe.data.alike import split_alike
from torchcaffe.data.datum import parse_datum
from torchcaffe.proto.caffe_pb2 import Datum

SHAPE = (3, 10, 7)
PIXELS = np.random.default_rng(5).integers(0, 256, SHAPE, dtype=np.uint8)


def datum(shape: tuple[int, int, int] = SHAPE, **more: object) -> Datum:
    """A Datum of `PIXELS`, turned upside down where the label is odd."""
    upside = PIXELS[:, ::-1] if more.get("label", 0) % 2 else PIXELS
    return Datum(channels=shape[0], height=shape[1], width=shape[2], **({"data": upside.tobytes()} | more))


PLAIN = datum(label=1).SerializeToString()


@pytest.mark.parametrize(
    "values",
    [
        [PLAIN],
        # Labels of one byte, of two, and of all ten; none at all.
        [datum(label=label).SerializeToString() for label in (0, 127, 128, 2**31 - 1, -1, -(2**31))],
        [datum().SerializeToString(), PLAIN],
        [datum(label=4, encoded=False).SerializeToString(), PLAIN],
        [PLAIN + Datum(label=300).SerializeToString()],  # The last label counts.
    ],
)
def test_as_protobuf_reads(values: list[bytes]) -> None:
    found = split_alike([memoryview(value) for value in values], SHAPE)
    assert found is not None
    images, labels = found
    assert (images.dtype, labels.dtype) == (np.uint8, np.float32)
    for value, image, label in zip(values, images, labels, strict=True):
        wanted = parse_datum(value)
        assert np.array_equal(image, wanted.image)
        assert label == np.float32(wanted.label)


OTHERS = {
    "nothing": b"",
    "cut in the pixels": PLAIN[:-20],
    "cut in the label": PLAIN[:-1],
    "a label that does not end": PLAIN[:-1] + b"\xff",
    "another size": datum((3, 7, 10), label=1).SerializeToString(),
    "fewer pixels": datum(label=1, data=bytes(3 * 10 * 7 - 1)).SerializeToString(),
    "an encoded image": datum(label=1, encoded=True).SerializeToString(),
    "floats": datum(label=1, data=b"", float_data=[0.5] * 210).SerializeToString(),
    "the label first": Datum(label=1).SerializeToString() + datum().SerializeToString(),
    "a second width": PLAIN + Datum(width=7).SerializeToString(),
    "a second time no pixels": PLAIN + b"\x22\x00",
    "floats besides": PLAIN + Datum(float_data=[1]).SerializeToString(),
    "no message behind it": PLAIN + b"\x07",
    "the end of a group": PLAIN + b"\x0c",
    "more than a label": PLAIN + 9 * Datum(label=1).SerializeToString(),
}


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize("what", OTHERS)
def test_anything_else_is_left(what: str, before: int) -> None:
    assert split_alike([memoryview(value) for value in [*[PLAIN] * before, OTHERS[what]]], SHAPE) is None


def test_the_images_can_be_written_to() -> None:
    """As all arrays of a batch can."""
    found = split_alike([memoryview(PLAIN)], SHAPE)
    assert found is not None
    assert found[0].flags.writeable
