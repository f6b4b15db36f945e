import io

import numpy as np
import pytest

from torchcaffe.data.datum import parse_datum
from torchcaffe.proto.caffe_pb2 import Datum


def test_bytes():
    got = parse_datum(
        Datum(channels=2, height=1, width=3, data=bytes([0, 1, 2, 127, 128, 255]), label=7).SerializeToString()
    )
    assert got.image.dtype == np.uint8
    assert got.image.tolist() == [[[0, 1, 2]], [[127, 128, 255]]]
    assert got.label == 7


def test_floats_where_there_are_no_bytes():
    got = parse_datum(Datum(channels=1, height=2, width=1, float_data=[-1.5, 1e30]).SerializeToString())
    assert got.image.dtype == np.float32
    assert got.image.tolist() == [[[-1.5], [np.float32(1e30)]]]
    assert got.label == 0


def test_a_memory_view_does(tmp_path):
    value = Datum(channels=1, height=1, width=1, data=b"\x05", label=-3).SerializeToString()
    assert parse_datum(memoryview(value)).label == -3


def test_encoded_images_are_decoded():
    image = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    image.fromarray(np.array([[10, 20, 30]], dtype=np.uint8)).save(file, "PNG")
    value = Datum(encoded=True, data=file.getvalue(), label=1).SerializeToString()
    assert parse_datum(value).image.tolist() == [[[10, 20, 30]]]
    assert parse_datum(value, color=True).image.tolist() == [[[10, 20, 30]]] * 3


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (b"\xff\xff\xff", "not a Datum"),
        (b"", "0 values for an image of 0 x 0 x 0"),
        (Datum(channels=1, height=2, width=3, data=b"12345").SerializeToString(), "5 values for an image of 1 x 2 x 3"),
        (Datum(channels=-1, height=-1, width=1, data=b"1").SerializeToString(), "of -1 x -1 x 1"),
        (Datum(encoded=True, data=b"no image").SerializeToString(), "cannot be decoded|Pillow"),
    ],
)
def test_refuses_what_is_no_image(value, word):
    with pytest.raises(ValueError, match=word):
        parse_datum(value)
