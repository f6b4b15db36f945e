"""MVN: zero mean and unit variance for each image."""

from collections.abc import Sequence

from torchcaffe.layer_types.layer import Blobs, Layer


class MVNLayer(Layer):
    """y = (x - mean) / (sigma + eps), mean and sigma over the pixels of one channel of one image.

    With `across_channels` they are over all of an image; without `normalize_variance`, y = x - mean. sigma^2
    is the mean square (not the unbiased estimate). dx = (dy - mean(dy) - y mean(y dy)) / (sigma + eps), which
    as in Caffe is exact for eps = 0 only.
    Bottom: up to 4 axes; top: (N, C, H, W), with 1 for each axis that the bottom lacks.
    Source: Caffe 1.0, `src/caffe/layers/mvn_layer.cpp`.
    """

    exact_bottoms = 1
    exact_tops = 1

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        shape = bottoms[0].shape
        if len(shape) > 4:
            self.fail(f"its bottom has {len(shape)} axes: it takes at most 4, N x C x H x W")
        tops[0].reshape(*shape, *[1] * (4 - len(shape)))

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.mvn_param
        self._axes = (1, 2, 3) if param.across_channels else (2, 3)
        x = bottoms[0].data.view(tops[0].shape)
        self._y = x - x.mean(self._axes, keepdim=True)
        if param.normalize_variance:
            sigma = (self._y * self._y).mean(self._axes, keepdim=True).sqrt()
            self._divisor = sigma + param.eps
            self._y = self._y / self._divisor
        tops[0].data = self._y

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if not propagate_down[0]:
            return
        dy = tops[0].diff
        dx = dy - dy.mean(self._axes, keepdim=True)
        if self.param.mvn_param.normalize_variance:
            dx = (dx - self._y * (dy * self._y).mean(self._axes, keepdim=True)) / self._divisor
        bottoms[0].diff = dx.view(bottoms[0].shape)
