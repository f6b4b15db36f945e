"""Crop: cuts a blob to the size of another."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, Layer


class CropLayer(Layer):
    """The part of the first bottom that begins at `offset` and has the second one's size, from `axis` on.

    `offset` is one number for all axes from `axis` on, or one for each; 0 if not given. The gradient is 0
    outside the part, and 0 for the second bottom, of which only the shape counts.
    Source: Caffe 1.0, `src/caffe/layers/crop_layer.cpp`.
    """

    exact_bottoms = 2
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.crop_param
        rank = len(bottoms[0].shape)
        self._axis = self.canonical_axis(bottoms[0], param.axis)
        if len(param.offset) > 1 and len(param.offset) != rank - self._axis:
            self.fail(
                f"{len(param.offset)} offsets: expected one, or one for each of the {rank - self._axis} axes "
                f"from axis {self._axis} on"
            )

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        given, wanted = bottoms[0].shape, bottoms[1].shape
        cropped = range(self._axis, len(given))
        if len(wanted) < len(given):
            self.fail(f"its bottoms have shapes {given} and {wanted}: the second one lacks axes")
        offsets = list(self.param.crop_param.offset) or [0]
        if len(offsets) == 1:
            offsets *= len(cropped)
        shape, self._part = list(given), [slice(None)] * len(given)
        for axis, offset in zip(cropped, offsets, strict=True):
            shape[axis] = wanted[axis]
            self._part[axis] = slice(offset, offset + wanted[axis])
            if offset + wanted[axis] > given[axis]:
                self.fail(
                    f"axis {axis} of its first bottom has size {given[axis]}: too small for {wanted[axis]} "
                    f"from offset {offset} on"
                )
        tops[0].reshape(*shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        tops[0].bind_copy(bottoms[0].data[tuple(self._part)])

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            diff = torch.zeros_like(bottoms[0].data)
            diff[tuple(self._part)] = tops[0].diff
            bottoms[0].diff = diff
        if propagate_down[1]:
            bottoms[1].diff = torch.zeros_like(bottoms[1].data)
