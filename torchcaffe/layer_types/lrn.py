"""LRN: local response normalisation, across channels or within each."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812

from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.proto import caffe_pb2


class LRNLayer(Layer):
    """y = x s^-beta, where s = k + alpha * (mean of x^2 over a window around the element).

    The window is `local_size` channels (ACROSS_CHANNELS), or a square of `local_size` x `local_size` pixels
    of one channel (WITHIN_CHANNEL, which takes k = 1 whatever the prototxt says). Beyond the border x is 0,
    and counts in the mean. The window is symmetric, so that with the same mean
    dx = s^-beta dy - 2 alpha beta x mean(dy y / s). Bottom and top: (N, C, H, W).
    Source: Caffe 1.0, `src/caffe/layers/lrn_layer.cpp`; Krizhevsky et al. 2012.
    """

    exact_bottoms = 1
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.lrn_param
        if param.local_size % 2 == 0:
            self.fail(f"local_size is {param.local_size}: a window with a middle needs an odd one")
        self._size = param.local_size
        self._alpha, self._beta = param.alpha, param.beta
        self._across = param.norm_region == caffe_pb2.LRNParameter.ACROSS_CHANNELS
        self._k = param.k if self._across else 1.0

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        if len(bottoms[0].shape) != 4:
            self.fail(f"its bottom has {len(bottoms[0].shape)} axes: it needs 4, N x C x H x W")
        tops[0].reshape(*bottoms[0].shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._x = bottoms[0].data
        self._s = self._k + self._alpha * self._window_mean(self._x * self._x)
        self._y = self._x * self._s**-self._beta
        tops[0].data = self._y

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            dy = tops[0].diff
            spread = self._window_mean(dy * self._y / self._s)
            bottoms[0].diff = dy * self._s**-self._beta - 2 * self._alpha * self._beta * self._x * spread

    def _window_mean(self, values: torch.Tensor) -> torch.Tensor:
        half = (self._size - 1) // 2
        if not self._across:
            return F.avg_pool2d(values, self._size, stride=1, padding=half)
        n, c, h, w = values.shape
        columns = F.avg_pool2d(values.view(n, 1, c, h * w), (self._size, 1), stride=1, padding=(half, 0))
        return columns.view(n, c, h, w)
