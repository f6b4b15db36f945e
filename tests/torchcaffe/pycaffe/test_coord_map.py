"""Maps between the coordinates of blobs: what Caffe's own tests check, with offsets worked out by hand."""

from typing import Any

import pytest

import torchcaffe as caffe
from torchcaffe import layers as L  # noqa: N812
from torchcaffe import params as P  # noqa: N812
from torchcaffe.coord_map import (
    AxisMismatchException,
    UndefinedMapException,
    compose,
    conv_params,
    coord_map,
    coord_map_from_to,
    crop,
    crop_params,
    inverse,
)


def spec(kernel: Any = 3, stride: Any = 1, pad: Any = 0, pool: int = 2, up: int = 2, up_pad: int = 0) -> caffe.NetSpec:
    """A convolution, a pooling by `pool`, and a deconvolution back by `up` with a kernel of twice that."""
    n = caffe.NetSpec()
    n.data = L.Input(shape={"dim": [2, 1, 100, 90]})
    n.aux = L.Input(shape={"dim": [2, 1, 20, 30]})
    n.conv = L.Convolution(n.data, num_output=7, kernel_size=kernel, stride=stride, pad=pad)
    n.pool = L.Pooling(n.conv, pool=P.Pooling.MAX, kernel_size=pool, stride=pool)
    n.deconv = L.Deconvolution(
        n.pool, convolution_param={"num_output": 7, "kernel_size": 2 * up, "stride": up, "pad": up_pad}
    )
    return n


@pytest.mark.parametrize(
    ("arguments", "scale", "shift"),
    [
        # Conv 3: x - 1; pool p: (y - (p - 1) / 2) / p; deconv u: u z + (2 u - 1) / 2. So from data to deconv:
        # p = u = 2: x - 1 - 1/2 + 3/2 = x; p = u = 4: x - 1 - 3/2 + 7/2 = x + 1; from deconv to data the inverse.
        ({}, 1, 0),
        ({"pool": 4, "up": 4}, 1, -1),
        ({"pad": 6}, 1, -6),
        ({"up_pad": 6}, 1, 6),
        ({"pad": 6, "up_pad": 6}, 1, 0),
        # Stride 2: (x - 1) / 2 - 1/2 + 3/2 = x / 2 + 1/2; its inverse 2 y - 1.
        ({"stride": 2}, 2, -1),
        # Pool 4, up 2: (x - 1 - 3/2) / 2 + 3/2 = x / 2 + 1/4.
        ({"pool": 4}, 2, -0.5),
    ],
)
def test_from_deconvolution_to_data(arguments: dict[str, Any], scale: float, shift: float) -> None:
    n = spec(**arguments)
    assert coord_map_from_to(n.deconv, n.data) == (1, scale, shift)


def test_layers_that_leave_coordinates_alone() -> None:
    n = spec(pool=4, up=4)
    n.relu = L.ReLU(n.deconv)
    n.one = L.Convolution(n.relu, num_output=5, kernel_size=1)
    for top in (n.relu, n.one, L.BatchNorm(n.one)):
        assert coord_map_from_to(top, n.data) == (1, 1, -1)
    axis, scale, shift = coord_map_from_to(L.ReLU(n.data), n.data)
    assert (axis, scale, shift) == (None, 1, 0)


def test_each_axis_has_its_own_window() -> None:
    """The second: (x + 10 - 2) / 2, then (y - 1/2) / 2, then 2 z + 3/2, in all x / 2 + 5; its inverse 2 y - 10."""
    n = spec([3, 5], [1, 2], [0, 10])
    axis, scale, shift = coord_map_from_to(n.deconv, n.data)
    assert (axis, scale.tolist(), shift.tolist()) == (1, [1, 2], [0, -10])


def test_three_spatial_axes() -> None:
    n = caffe.NetSpec()
    n.data = L.Input(shape={"dim": [2, 3, 100, 90, 80]})
    n.conv = L.Convolution(n.data, num_output=7, kernel_size=[3, 3, 3], stride=[1, 1, 1], pad=[0, 1, 2])
    n.pool = L.Pooling(n.conv, pool=P.Pooling.MAX, kernel_size=2, stride=2)
    n.deconv = L.Deconvolution(n.pool, num_output=7, kernel_size=4, stride=2)
    axis, scale, shift = coord_map_from_to(n.deconv, n.data)
    assert (axis, scale.tolist(), shift.tolist()) == (1, [1, 1, 1], [0, -1, -2])


def test_several_bottoms_map_alike() -> None:
    n = spec()
    n.a, n.b = L.Convolution(n.data, n.aux, ntop=2, num_output=7, kernel_size=5, stride=2)
    assert coord_map_from_to(n.a, n.data) == coord_map_from_to(n.b, n.aux) == (1, 2, 2)


def test_dilation_widens_the_kernel() -> None:
    assert coord_map(L.Convolution(L.Input(), kernel_size=3, dilation=4).fn) == (1, 1, -4)
    assert coord_map(L.Im2col(L.Input(), convolution_param={"kernel_size": 5, "axis": 2}).fn) == (2, 1, -2)


def test_crop_cuts_at_the_offset() -> None:
    n = spec(pad=6)
    layer = crop(n.deconv, n.data).to_proto().layer[-1]
    assert (layer.type, list(layer.bottom)) == ("Crop", ["Deconvolution1", "Input1"])
    assert (layer.crop_param.axis, list(layer.crop_param.offset)) == (2, [6])


def test_through_a_crop() -> None:
    """A crop moves coordinates by its offset; where its second bottom lies tells nothing."""
    n = spec()
    n.crop = L.Crop(n.deconv, n.aux, axis=2, offset=9)
    assert crop_params(n.crop.fn) == (2, 9)
    assert coord_map_from_to(n.crop, n.data) == (1, 1, 9)
    with pytest.raises(RuntimeError, match="no blob is connected"):
        coord_map_from_to(n.crop, n.aux)


def test_tops_that_nothing_connects() -> None:
    n = spec()
    n.ip = L.InnerProduct(n.deconv, num_output=5)
    with pytest.raises(RuntimeError, match="no blob is connected"):
        coord_map_from_to(n.ip, n.data)
    with pytest.raises(UndefinedMapException, match="InnerProduct"):
        coord_map(n.ip.fn)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"pool": 3}, "scale"), ({"up_pad": 8}, "too small"), ({"kernel": 2, "pad": 1}, "whole number")],
)
def test_impossible_crops(arguments: dict[str, Any], said: str) -> None:
    n = spec(**arguments)
    with pytest.raises(AssertionError, match=said):
        crop(n.deconv, n.data)


def test_a_crop_needs_a_spatial_layer_between() -> None:
    data = L.Input()
    with pytest.raises(AssertionError, match="nothing to crop"):
        crop(L.ReLU(data), data)


def test_windows_without_a_kernel_size() -> None:
    with pytest.raises(AssertionError, match="in place of kernel_h, stride_w"):
        conv_params(L.Convolution(L.Input(), kernel_h=3, stride_w=2).fn)
    with pytest.raises(UndefinedMapException, match="kernel_size"):
        coord_map(L.Pooling(L.Input(), global_pooling=True).fn)


def test_composition_and_inverse() -> None:
    """2 (3 x + 5) + 7 = 6 x + 17; its inverse is x / 6 - 17 / 6."""
    both = compose((1, 2, 7), (None, 3, 5))
    assert both == (1, 6, 17)
    assert inverse(both) == pytest.approx((1, 1 / 6, -17 / 6))
    assert compose(both, inverse(both))[1:] == pytest.approx((1, 0))
    with pytest.raises(AxisMismatchException, match="along axis 2 cannot follow one along axis 1"):
        compose((1, 1, 0), (2, 1, 0))
