"""What Convolution and Deconvolution have in common: filters, groups and windows."""

from collections.abc import Sequence
from math import prod
from typing import ClassVar

import torch

from torchcaffe.blob import Shape, shape_string
from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.layer_types.shared.conv_geometry import ConvGeometry, read_geometry


class BaseConvolutionLayer(Layer):
    """A convolution or, where a type says `transposed`, its transpose: the map of its gradients.

    Source: Caffe 1.0, `src/caffe/layers/base_conv_layer.cpp`.
    """

    min_bottoms = 1
    min_tops = 1
    transposed: ClassVar[bool]

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.convolution_param
        if len(bottoms) != len(tops):
            self.fail(f"{len(bottoms)} bottoms and {len(tops)} tops: it makes one top of each bottom")
        self.geometry: ConvGeometry = read_geometry(self, bottoms[0])
        self.channels = bottoms[0].shape[self.geometry.channel_axis]
        self.group = param.group
        if not param.num_output:
            self.fail("its convolution_param needs a num_output of at least 1")
        for what, count in (("input channels", self.channels), ("num_output", param.num_output)):
            if not self.group or count % self.group:
                self.fail(f"its {count} {what} cannot be divided into {self.group} groups")
        outer, inner = param.num_output, self.channels
        if self.transposed:
            outer, inner = inner, outer
        self.add_param((outer, inner // self.group, *self.geometry.kernel), param.weight_filler)
        if param.bias_term:
            self.add_param((param.num_output,), param.bias_filler)

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        axis = self.geometry.channel_axis
        shape = bottoms[0].shape
        if len(shape) != axis + 1 + len(self.geometry.kernel) or shape[axis] != self.channels:
            self.fail(f"its bottom of shape {shape_string(shape)} no longer has {self.channels} channels")
        g = self.geometry
        size = (g.transposed_size if self.transposed else g.output_size)(shape[axis + 1 :])
        if min(size) < 1:
            self.fail(f"its kernel and pad make a bottom of shape {shape_string(shape)} a top of size {size}")
        for bottom, top in zip(bottoms, tops, strict=True):
            if bottom.shape != shape:
                self.fail(f"its bottoms have shapes {shape_string(shape)} and {shape_string(bottom.shape)}")
            top.reshape(*shape[:axis], self.param.convolution_param.num_output, *size)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        weight = self.blobs[0].data
        bias = self.blobs[1].data if len(self.blobs) > 1 else None
        self._x = [self._flat(bottom.data) for bottom in bottoms]
        for x, top in zip(self._x, tops, strict=True):
            y = torch.ops.aten.convolution(x, weight, bias, *self._window())
            top.data = y.view(top.shape)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        weight, bias_shape = self.blobs[0].data, [self.param.convolution_param.num_output]
        learns = [*self.param_propagate_down, False][:2]
        for x, top, down, bottom in zip(self._x, tops, propagate_down, bottoms, strict=True):
            if not (down or any(learns)):
                continue
            d_x, *d_params = torch.ops.aten.convolution_backward(
                self._flat(top.diff), x, weight, bias_shape, *self._window(), [down, *learns]
            )
            for blob, learn, d_param in zip(self.blobs, learns, d_params, strict=False):
                if learn:
                    blob.diff.add_(d_param)
            if down:
                bottom.diff = d_x.view(bottom.shape)

    def _flat(self, x: torch.Tensor) -> torch.Tensor:
        """`x` with all axes before the channels as one."""
        axis = self.geometry.channel_axis
        return x.reshape(prod(x.shape[:axis]), *x.shape[axis:])

    def _window(self) -> tuple[Shape, Shape, Shape, bool, Shape, int]:
        """Stride, pad, dilation, transposed, no output padding, groups: aten's order."""
        g = self.geometry
        return g.stride, g.pad, g.dilation, self.transposed, (0,) * len(g.kernel), self.group
