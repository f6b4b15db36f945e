"""Pooling in ONNX has Caffe's windows: rounded up, dropped in the padding, divided by what lies on the image."""

from pathlib import Path

import numpy as np
import pytest
from onnx_nets import exported, input_layer, run_caffe, run_onnx

from layerhint.errors import LayerhintError
from layerhint.export.converters.pooling import Windows

IMAGE = (2, 7, 10)
# kernel, stride, pad, round_mode: rounding up adds a window (3, 2, 0 along 10), drops one that begins in the padding
# (2, 3, 1), or makes one beyond the image (1, 3, 0 along 7 and 10: ceil(9 / 3) + 1 = 4 fits, ceil(6 / 3) + 1 = 3 too).
GEOMETRIES = [
    (3, 2, 0, "CEIL"),
    (3, 2, 1, "CEIL"),
    (2, 3, 1, "CEIL"),
    (4, 3, 2, "CEIL"),
    (3, 2, 1, "FLOOR"),
    (3, 4, 0, "FLOOR"),
]


def net(pool: str, geometry: str, image: tuple[int, ...] = IMAGE, tops: str = 'top: "y"') -> str:
    return (
        input_layer(2, *image)
        + f'layer {{ name: "p" type: "Pooling" bottom: "x" {tops} pooling_param {{ pool: {pool} {geometry} }} }}'
    )


def both(folder: Path, text: str, image: tuple[int, ...] = IMAGE) -> tuple[np.ndarray, np.ndarray]:
    images = np.random.default_rng(3).normal(size=(3, *image)).astype(np.float32)
    return run_onnx(exported(folder, text), images)["y"], run_caffe(folder, images)["y"]


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("pool", ["MAX", "AVE"])
def test_windows_are_caffes(pool: str, geometry: tuple[int, int, int, str], tmp_path: Path) -> None:
    kernel, stride, pad, rounding = geometry
    got, want = both(tmp_path, net(pool, f"kernel_size: {kernel} stride: {stride} pad: {pad} round_mode: {rounding}"))
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("pool", ["MAX", "AVE"])
def test_height_and_width_have_windows_of_their_own(pool: str, tmp_path: Path) -> None:
    geometry = "kernel_h: 2 kernel_w: 4 stride_h: 1 stride_w: 3 pad_h: 0 pad_w: 2"
    got, want = both(tmp_path, net(pool, geometry))
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("pool", ["MAX", "AVE"])
def test_the_whole_image_is_one_window(pool: str, tmp_path: Path) -> None:
    got, want = both(tmp_path, net(pool, "global_pooling: true"))
    assert got.shape == (3, 2, 1, 1)
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("pool", "beyond"), [("MAX", np.finfo(np.float32).min), ("AVE", np.nan)])
def test_a_window_beyond_the_image_holds_what_caffe_puts_there(pool: str, beyond: float, tmp_path: Path) -> None:
    """Kernel 1 and stride 2 on 8 pixels: ceil(7 / 2) + 1 = 5 windows, the last of which begins at pixel 8."""
    got, want = both(tmp_path, net(pool, "kernel_size: 1 stride: 2", (2, 8, 6)), (2, 8, 6))
    assert got.shape == (3, 2, 5, 4)
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(got[:, :, 4], beyond)


def test_the_padding_that_makes_windows_fit() -> None:
    """10 pixels, kernel 3, stride 2: ceil(7 / 2) + 1 = 5 windows reach to pixel 11, one beyond the image."""
    windows = Windows(size=10, count=5, kernel=3, stride=2, pad=0)
    assert windows.after == 1
    assert windows.extents == [3, 3, 3, 3, 2]


def test_places_of_the_largest_values_are_refused(tmp_path: Path) -> None:
    text = net("MAX", "kernel_size: 2", tops='top: "y" top: "places"')
    with pytest.raises(
        LayerhintError, match=r"layer 'p' \(Pooling\): its second top, the places of the largest values"
    ):
        exported(tmp_path, text)
