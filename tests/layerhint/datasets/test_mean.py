"""Means of training images and the files that hold them."""

from pathlib import Path

import numpy as np

from layerhint.datasets.mean import mean_blobs, pixel_mean, write_mean
from torchcaffe.proto.caffe_pb2 import BlobProto


def test_pixel_mean_of_hand_drawn_images() -> None:
    # Two images of 1 x 2 x 3; the mean at each pixel is half the sum.
    images = np.array([[[[0, 1, 2], [3, 4, 255]]], [[[10, 0, 1], [0, 0, 254]]]], np.uint8)
    assert pixel_mean(images).tolist() == [[[5, 0.5, 1.5], [1.5, 2, 254.5]]]


def test_pixel_mean_is_exact_over_many_chunks() -> None:
    images = np.full((2500, 1, 1, 2), 255, np.uint8)
    images[1::2, :, :, 1] = 254
    assert pixel_mean(images).tolist() == [[[255, 254.5]]]


def test_border_is_zero_and_interior_is_the_mean() -> None:
    mean = np.array([[[1.0, 2.0, 6.0], [3.0, 4.0, 8.0]], [[10.0, 0.0, 2.0], [0.0, 0.0, 0.0]]])
    blobs = mean_blobs(mean, 4)
    assert {name: blob.shape for name, blob in blobs.items()} == {
        "mean_pixel_train.binaryproto": (2, 10, 11),
        "mean_pixel_test.binaryproto": (2, 2, 3),
        "mean_channel_train.binaryproto": (2, 10, 11),
        "mean_channel_test.binaryproto": (2, 2, 3),
    }
    # Channel means by hand: (1+2+6+3+4+8)/6 = 4 and 12/6 = 2.
    channel = np.broadcast_to(np.array([4.0, 2.0])[:, None, None], (2, 2, 3))
    for kind, expected in (("pixel", mean), ("channel", channel)):
        assert np.array_equal(blobs[f"mean_{kind}_test.binaryproto"], expected)
        padded = blobs[f"mean_{kind}_train.binaryproto"].copy()
        assert np.array_equal(padded[:, 4:-4, 4:-4], expected)
        padded[:, 4:-4, 4:-4] = 0
        assert not padded.any()


def test_the_file_is_a_blob_of_one_image(tmp_path: Path) -> None:
    mean = np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5)
    content = write_mean(tmp_path / "mean.binaryproto", mean)
    assert (tmp_path / "mean.binaryproto").read_bytes() == content
    blob = BlobProto.FromString(content)
    assert (blob.num, blob.channels, blob.height, blob.width) == (1, 2, 3, 5)
    assert list(blob.data) == [float(i) for i in range(30)]
    # Caffe's Blob::FromProto takes the four old fields only where `shape` is absent.
    assert not blob.HasField("shape")
