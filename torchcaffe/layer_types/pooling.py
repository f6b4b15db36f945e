"""Pooling: the largest or mean value of windows."""

from collections.abc import Sequence

import torch

from torchcaffe.blob import Shape, shape_string
from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.layer_types.shared.pool_geometry import PoolGeometry, read_geometry
from torchcaffe.proto.caffe_pb2 import PoolingParameter

# FLT_MAX: Caffe looks for something larger than its negative, in float64 too.
_LEAST = torch.finfo(torch.float32).min


class PoolingLayer(Layer):
    """The largest (MAX) or mean (AVE) value of each window, by channel.

    Bottom (N, C, H, W), top (N, C, H', W'); see `PoolGeometry` for H'. AVE divides by the part of the window
    that lies on the image and its padding, which are zeros. MAX ignores padding; a second top takes the place
    h W + w of each largest value, the first of equal ones. A window beyond the image (rounding up can make
    one) is -FLT_MAX at place -1 for MAX, and NaN for AVE, and gives no gradient.
    STOCHASTIC is refused. Source: Caffe 1.0, `src/caffe/layers/pooling_layer.cpp`.
    """

    exact_bottoms = 1
    min_tops = 1
    max_tops = 2

    geometry: PoolGeometry

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        self._image_size: Shape | None = None
        self.pool = self.param.pooling_param.pool
        if self.pool == PoolingParameter.STOCHASTIC:
            self.fail("the method STOCHASTIC is not offered (nor does Caffe on a CPU): use MAX or AVE")
        if self.pool == PoolingParameter.AVE and len(tops) > 1:
            self.fail("only MAX has a second top, the places of the largest values")

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        shape = bottoms[0].shape
        if len(shape) != 4:
            self.fail(f"its bottom must have 4 axes (N, C, H, W), but its shape is {shape_string(shape)}")
        if shape[2:] != self._image_size:
            self._image_size = shape[2:]
            self.geometry = read_geometry(self, *shape[2:])
            self._area = torch.tensor(self.geometry.areas, device=self.place.device, dtype=self.place.dtype)
        for top in tops:
            top.reshape(*shape[:2], *self.geometry.output_size)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        x = bottoms[0].data
        if self.pool == PoolingParameter.MAX:
            y, place = self._max(x)
            for top in tops[1:]:
                top.data = self._place_on_image(place).to(x.dtype)
        else:
            y = self._mean(x)
        tops[0].data = y

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if not propagate_down[0]:
            return
        g = self.geometry
        if self.pool == PoolingParameter.MAX:
            d_padded = torch.ops.aten.max_pool2d_with_indices_backward(
                tops[0].diff, self._padded, g.kernel, g.stride, (0, 0), (1, 1), False, self._place
            )
        else:
            share = tops[0].diff / self._area
            share = share.masked_fill(self._area == 0, 0)
            d_padded = torch.ops.aten.avg_pool2d_backward(
                share, self._padded, g.kernel, g.stride, (0, 0), False, True, 1
            )
        bottoms[0].diff = torch.nn.functional.pad(d_padded, [-p for p in g.padding])

    def _max(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        g = self.geometry
        self._padded = torch.nn.functional.pad(x, g.padding, value=_LEAST) if any(g.padding) else x
        y, self._place = torch.nn.functional.max_pool2d(self._padded, g.kernel, g.stride, return_indices=True)
        return y, self._place

    def _mean(self, x: torch.Tensor) -> torch.Tensor:
        g = self.geometry
        self._padded = torch.nn.functional.pad(x, g.padding) if any(g.padding) else x
        total = torch.nn.functional.avg_pool2d(self._padded, g.kernel, g.stride, divisor_override=1)
        return total / self._area

    def _place_on_image(self, place: torch.Tensor) -> torch.Tensor:
        """Places on the padded image as places on the image, -1 for the padding."""
        g = self.geometry
        left, _, top, _ = g.padding
        width = self._padded.shape[3]
        h, w = place // width - top, place % width - left
        inside = (h >= 0) & (h < g.height) & (w >= 0) & (w < g.width)
        return torch.where(inside, h * g.width + w, -1)
