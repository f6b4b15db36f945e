"""BatchNorm: each channel shifted and scaled to mean 0 and variance 1."""

from collections.abc import Sequence

import torch

from torchcaffe.blob import shape_string
from torchcaffe.layer_types.layer import Blobs, Layer


class BatchNormLayer(Layer):
    """y = (x - mean) / sqrt(var + eps), mean and var taken by channel over the batch and all positions.

    Bottom and top (N, C, ...); a bottom with one axis is one channel. In TRAIN mean and var are the batch's
    (var with divisor m, the m values of a channel), and the params move: with f = moving_average_fraction,

        blob 0 (C) = f blob 0 + mean;  blob 1 (C) = f blob 1 + var m / (m - 1);  blob 2 (1) = f blob 2 + 1

    In TEST, or with `use_global_stats: true`, they are blob 0 / blob 2 and blob 1 / blob 2, 0 while blob 2 is
    0. The solver never touches the params: their lr_mult is 0. There is no learned scale or shift; the Scale
    layer does that. Source: Caffe 1.0, `src/caffe/layers/batch_norm_layer.cpp`; Ioffe and Szegedy 2015.
    """

    exact_bottoms = 1
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.batch_norm_param
        self.fraction = param.moving_average_fraction
        self.eps = param.eps
        told = param.HasField("use_global_stats")
        self.use_global_stats = param.use_global_stats if told else not self.train
        if not bottoms[0].shape:
            self.fail("its bottom has no axes: it needs a batch axis at least")
        self.channels = self._channels(bottoms)
        for shape in ((self.channels,), (self.channels,), (1,)):
            self.add_param(shape)
        self._freeze()

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        if self._channels(bottoms) != self.channels:
            self.fail(f"its bottom of shape {shape_string(bottoms[0].shape)} no longer has {self.channels} channels")
        tops[0].reshape(*bottoms[0].shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        x = self._by_channel(bottoms[0].data)
        if self.use_global_stats:
            mean, var = self.global_stats()
            centred = x - mean
        else:
            mean = x.mean((0, 2), keepdim=True)
            centred = x - mean
            var = centred.square().mean((0, 2), keepdim=True)
            self._move(mean.view(-1), var.view(-1), x.shape[0] * x.shape[2])
        self._std = (var + self.eps).sqrt()
        self._y = centred / self._std
        tops[0].data = self._y.view(tops[0].shape)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if not propagate_down[0]:
            return
        d_y = self._by_channel(tops[0].diff)
        if not self.use_global_stats:
            along_y = (d_y * self._y).mean((0, 2), keepdim=True)
            d_y = d_y - d_y.mean((0, 2), keepdim=True) - along_y * self._y
        bottoms[0].diff = (d_y / self._std).view(bottoms[0].shape)

    def _channels(self, bottoms: Blobs) -> int:
        return bottoms[0].shape[1] if len(bottoms[0].shape) > 1 else 1

    def _by_channel(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(x.shape[0], self.channels, -1)

    def global_stats(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The running mean and variance, (1, C, 1) each."""
        mean, var, factor = (blob.data for blob in self.blobs)
        scale = torch.where(factor == 0, 0, 1 / factor)
        return (mean * scale).view(1, -1, 1), (var * scale).view(1, -1, 1)

    def _move(self, mean: torch.Tensor, var: torch.Tensor, m: int) -> None:
        unbiased = var * (m / (m - 1)) if m > 1 else var
        for blob, new in zip(self.blobs, (mean, unbiased, torch.ones_like(mean[:1])), strict=True):
            blob.data.mul_(self.fraction).add_(new)

    def _freeze(self) -> None:
        """Sets lr_mult 0 on params that the prototxt says nothing of, and refuses another lr_mult."""
        for spec in self.param.param:
            if spec.lr_mult != 0:
                self.fail(
                    f"its params are statistics, which no solver may change, but an lr_mult is {spec.lr_mult:g}"
                    ": give all three `param { lr_mult: 0 decay_mult: 0 }`"
                )
        while len(self.param.param) < len(self.blobs):
            self.param.param.add(lr_mult=0)
