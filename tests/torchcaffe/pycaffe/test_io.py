"""The pycaffe interface: arrays, messages and images."""

from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import torchcaffe as caffe
from torchcaffe.errors import DataError
from torchcaffe.proto import caffe_pb2

ARRAY = np.random.default_rng(0).normal(size=(2, 3, 5)).astype(np.float32)


def test_blobproto_round_trip() -> None:
    blob = caffe.io.array_to_blobproto(ARRAY, diff=2 * ARRAY)
    np.testing.assert_array_equal(caffe.io.blobproto_to_array(blob), ARRAY)
    np.testing.assert_array_equal(caffe.io.blobproto_to_array(blob, return_diff=True), 2 * ARRAY)
    parts = caffe.io.arraylist_to_blobprotovector_str([ARRAY, ARRAY[0]])
    for got, expected in zip(caffe.io.blobprotovector_str_to_arraylist(parts), [ARRAY, ARRAY[0]], strict=True):
        np.testing.assert_array_equal(got, expected)


def test_blobproto_shapes_old_and_absent() -> None:
    old = caffe_pb2.BlobProto(data=range(30), channels=2, height=3, width=5, num=1)
    assert caffe.io.blobproto_to_array(old).shape == (1, 2, 3, 5)
    with pytest.raises(ValueError, match="reshape"):
        caffe.io.blobproto_to_array(caffe_pb2.BlobProto(data=range(30)))
    assert caffe.io.blobproto_to_array(caffe_pb2.BlobProto(data=[123])) == 123


def test_datum_round_trip() -> None:
    pixels = np.arange(30, dtype=np.uint8).reshape(2, 3, 5)
    datum = caffe.io.array_to_datum(pixels, label=4)
    assert (datum.channels, datum.height, datum.width, datum.label) == (2, 3, 5, 4)
    assert datum.data == bytes(range(30))
    np.testing.assert_array_equal(caffe.io.datum_to_array(datum), pixels)
    floats = caffe.io.array_to_datum(ARRAY)
    assert not floats.HasField("label")
    np.testing.assert_array_equal(caffe.io.datum_to_array(floats), ARRAY)
    with pytest.raises(ValueError, match=r"\(C, H, W\), got the shape \(3, 5\)"):
        caffe.io.array_to_datum(ARRAY[0])


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "I;16"])
def test_load_image(tmp_path: Path, mode: str) -> None:
    """Three by two pixels, one of them red 255, green 102, blue 0 (a fifth of 255 is 51), or gray 102."""
    kind = np.uint16 if mode == "I;16" else np.uint8
    pixels = np.zeros((3, 2), kind) if mode in ("L", "I;16", "LA", "P") else np.zeros((3, 2, 3), kind)
    pixels[1, 0] = 2 * 13107 if mode == "I;16" else 102 if pixels.ndim == 2 else (255, 102, 0)
    image = Image.fromarray(pixels) if mode == "I;16" else Image.fromarray(pixels).convert(mode)
    image.save(tmp_path / "x.png")
    color = caffe.io.load_image(tmp_path / "x.png")
    assert (color.shape, color.dtype) == ((3, 2, 3), np.float32)
    expected = (0.4, 0.4, 0.4) if pixels.ndim == 2 else (1, 0.4, 0)
    np.testing.assert_allclose(color[1, 0], expected, atol=1e-6)
    assert not color[0].any()
    gray = caffe.io.load_image(str(tmp_path / "x.png"), color=False)
    assert gray.shape == (3, 2, 1)
    assert float(gray[1, 0, 0]) == pytest.approx(0.4 if pixels.ndim == 2 else 0.2125 + 0.4 * 0.7154)


def test_load_image_takes_an_open_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(np.arange(30, dtype=np.uint8).reshape(5, 6)).save(tmp_path / "x.png")
    data = (tmp_path / "x.png").read_bytes()
    expected = caffe.io.load_image(tmp_path / "x.png")
    np.testing.assert_array_equal(caffe.io.load_image(BytesIO(data)), expected)
    with (tmp_path / "x.png").open("rb", buffering=0) as file:
        np.testing.assert_array_equal(caffe.io.load_image(file), expected)
    monkeypatch.setattr(caffe.io, "MAX_IMAGE_BYTES", len(data) - 1)
    with pytest.raises(DataError, match=f"an image: it holds more than {len(data) - 1} bytes"):
        caffe.io.load_image(BytesIO(data))
    with pytest.raises(DataError, match="it gives str, not bytes: open it with mode 'rb'"):
        caffe.io.load_image(StringIO("x"))


@pytest.mark.parametrize("url", ["http://example.org/cat.jpg", "https://example.org/cat.jpg", "FTP://example.org/a"])
def test_load_image_fetches_nothing(url: str) -> None:
    with pytest.raises(DataError, match=f"{url} is a URL, .*: download the file"):
        caffe.io.load_image(url)


def transformer() -> caffe.io.Transformer:
    t = caffe.io.Transformer({"data": (7, 3, 4, 5)})
    t.set_transpose("data", (2, 0, 1))
    t.set_channel_swap("data", (2, 1, 0))
    t.set_raw_scale("data", 255)
    t.set_mean("data", np.array([1.0, 2.0, 3.0]))
    t.set_input_scale("data", 0.5)
    return t


def test_transformer_orders_its_steps() -> None:
    """Swap to BGR, then 255 x - mean, then half of it."""
    image = np.zeros((4, 5, 3), np.float32)
    image[1, 2] = (0.2, 0.4, 0.6)
    made = transformer().preprocess("data", image)
    assert (made.shape, made.dtype) == ((3, 4, 5), np.float32)
    np.testing.assert_allclose(made[:, 1, 2], [(153 - 1) / 2, (102 - 2) / 2, (51 - 3) / 2], rtol=1e-6)
    np.testing.assert_allclose(made[:, 0, 0], [-0.5, -1, -1.5])
    np.testing.assert_allclose(transformer().deprocess("data", made), image, atol=1e-6)
    assert image.max() == np.float32(0.6)  # The caller's image is left alone.


def test_transformer_resizes_images_and_means() -> None:
    t = caffe.io.Transformer({"data": (7, 1, 4, 6)})
    t.set_transpose("data", (2, 0, 1))
    t.set_mean("data", np.full((1, 8, 9), 2.0))
    made = t.preprocess("data", np.ones((2, 3, 1)))
    np.testing.assert_allclose(made, np.full((1, 4, 6), -1))


def test_resize_is_linear_between_the_centres_of_pixels() -> None:
    """Two pixels 0 and 1 to four: centres at -1/4, 1/4, 3/4, 5/4; outside lies the least value, 0.

    With two channels the outer centres stay: 0, 1/3, 2/3, 1.
    """
    image = np.array([[[0.0], [1.0]]])
    np.testing.assert_allclose(caffe.io.resize_image(image, (1, 4))[0, :, 0], [0, 0.25, 0.75, 0.75])
    np.testing.assert_allclose(caffe.io.resize_image(image - 3, (1, 4))[0, :, 0], [-3, -2.75, -2.25, -2.25])
    two = caffe.io.resize_image(np.concatenate([image, 6 * image], 2), (1, 4))
    np.testing.assert_allclose(two[0], [[0, 0], [1 / 3, 2], [2 / 3, 4], [1, 6]], rtol=1e-6)
    with pytest.raises(ValueError, match="interp_order is 2"):
        caffe.io.resize_image(image, (1, 4), 2)


def ramp(length: int, channels: int) -> np.ndarray:
    """Pixels 0, 1, 2 ... in a column, the same in all channels."""
    return np.tile(np.arange(length, dtype=np.float64)[:, None, None], (1, 2, channels))


@pytest.mark.parametrize(
    ("old", "new", "channels", "expected"),
    [
        (8, 4, 1, [1, 3, 5, 7]),  # At 0.5, 2.5, 4.5, 6.5: halves go up.
        (8, 4, 2, [0, 2, 5, 7]),  # At 0, 2 1/3, 4 2/3, 7.
        (3, 5, 2, [0, 1, 1, 2, 2]),  # At 0, 0.5, 1, 1.5, 2.
        (2, 4, 3, [0, 0, 1, 1]),
        (6, 1, 1, [3]),  # At 2.5.
        (6, 1, 4, [0]),
    ],
)
def test_resize_of_order_0_takes_the_nearest_pixel(old: int, new: int, channels: int, expected: list[int]) -> None:
    """floor(place + 0.5), as scikit-image and scipy round."""
    resized = caffe.io.resize_image(ramp(old, channels), (new, 2), 0)
    np.testing.assert_array_equal(resized, np.take(ramp(old, channels), expected, 0))


def test_resize_of_order_3_is_the_spline_of_catmull_and_rom() -> None:
    """In the middle of four pixels their weights are -1, 9, 9, -1 sixteenths; at a quarter -9, 111, 29, -3 of 128.

    Outside lies the least value, 0, and no result is below it or above the largest value.
    """
    pixels = np.array([0, 3, 1, 7, 4, 8, 2, 5], np.float64)
    halved = caffe.io.resize_image(pixels.reshape(1, 8, 1), (1, 4), 3)[0, :, 0]
    around = np.array([[0, 0, 3, 1], [3, 1, 7, 4], [7, 4, 8, 2], [8, 2, 5, 0]])
    np.testing.assert_allclose(halved, around @ [-1, 9, 9, -1] / 16, rtol=1e-6)
    doubled = caffe.io.resize_image(pixels.reshape(8, 1, 1), (16, 1), 3)[:, 0, 0]
    assert doubled[7] == pytest.approx(np.dot([1, 7, 4, 8], [-9, 111, 29, -3]) / 128, rel=1e-6)
    assert doubled[10] == pytest.approx(np.dot([7, 4, 8, 2], [-3, 29, 111, -9]) / 128, rel=1e-6)
    assert doubled[0] == 0, "of 0, 0, 0, 3 it would be -27/128"
    assert caffe.io.resize_image(np.array([0.0, 8, 8, 0]).reshape(1, 4, 1), (1, 1), 3) == 8, "it would be 9"


def test_resize_of_order_3_is_refused_where_caffe_takes_scipys() -> None:
    with pytest.raises(ValueError, match=r"interp_order is 3 for an image of 2 channels: scipy's spline.* 0 or 1"):
        caffe.io.resize_image(np.zeros((3, 4, 2)), (6, 8), 3)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda t: t.preprocess("dat", np.ones((4, 5, 3))),
        lambda t: t.set_transpose("data", (1, 0)),
        lambda t: t.set_channel_swap("data", (1, 0)),
        lambda t: t.set_mean("data", np.ones(4)),
        lambda t: t.set_mean("data", np.ones((2, 4, 5))),
        lambda t: t.set_mean("data", np.ones((1, 1, 1, 1))),
    ],
)
def test_wrong_settings_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"'data?'"):
        wrong(transformer())


def test_oversample_takes_ten_crops() -> None:
    """Of a 5 x 4 image whose pixels count up, 3 x 2 crops: by their first pixels, and mirrored."""
    image = np.arange(20, dtype=np.float32).reshape(5, 4, 1)
    crops = caffe.io.oversample([image, image + 100], (3, 2))
    assert crops.shape == (20, 3, 2, 1)
    assert crops[:5, 0, 0, 0].tolist() == [0, 2, 8, 10, 5]
    np.testing.assert_array_equal(crops[5:10], crops[:5, :, ::-1])
    np.testing.assert_array_equal(crops[10:], crops[:10] + 100)
