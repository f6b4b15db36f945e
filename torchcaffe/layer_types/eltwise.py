"""Eltwise: blobs of one shape combined element by element."""

from collections.abc import Sequence
from functools import reduce

import torch

from torchcaffe.blob import shape_string
from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.proto.caffe_pb2 import EltwiseParameter


class EltwiseLayer(Layer):
    """y = sum of coeff_i x_i (SUM; coeff 1 by default), product of x_i (PROD) or the largest x_i (MAX).

    The gradient of PROD multiplies the other factors, or with `stable_prod_grad: false` divides y by x_i.
    That of MAX goes to the one bottom that is largest; of equal ones to the second of the first two, else
    to the first. Source: Caffe 1.0, `src/caffe/layers/eltwise_layer.cpp`.
    """

    min_bottoms = 2
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.eltwise_param
        self.operation = param.operation
        if param.coeff and self.operation == EltwiseParameter.PROD:
            self.fail("coeff is for SUM, not for PROD: remove it, or scale a bottom by a Power layer")
        if len(param.coeff) not in (0, len(bottoms)):
            self.fail(f"{len(param.coeff)} coeff for {len(bottoms)} bottoms: give none, or one a bottom")
        self.coeff = list(param.coeff) or [1.0] * len(bottoms)

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        for name, bottom in zip(self.bottom_names, bottoms, strict=True):
            if bottom.shape != bottoms[0].shape:
                self.fail(
                    f"its bottoms must have one shape, but '{self.bottom_names[0]}' has "
                    f"{shape_string(bottoms[0].shape)} and '{name}' has {shape_string(bottom.shape)}"
                )
        tops[0].reshape(*bottoms[0].shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._x = [bottom.data for bottom in bottoms]
        if self.operation == EltwiseParameter.SUM:
            tops[0].data = reduce(torch.add, map(_times, self.coeff, self._x))
        elif self.operation == EltwiseParameter.PROD:
            self._y = reduce(torch.mul, self._x)
            tops[0].data = self._y
        else:
            tops[0].data, self._largest = _maximum(self._x)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        d_y = tops[0].diff
        for i, (bottom, down) in enumerate(zip(bottoms, propagate_down, strict=True)):
            if not down:
                continue
            if self.operation == EltwiseParameter.SUM:
                bottom.diff = _times(self.coeff[i], d_y)
            elif self.operation == EltwiseParameter.PROD:
                bottom.diff = self._slope(i) * d_y
            else:
                bottom.diff = torch.where(self._largest == i, d_y, 0)

    def _slope(self, i: int) -> torch.Tensor:
        """The derivative of the product by factor i."""
        if self.param.eltwise_param.stable_prod_grad:
            return reduce(torch.mul, self._x[:i] + self._x[i + 1 :])
        return self._y / self._x[i]


def _times(coeff: float, x: torch.Tensor) -> torch.Tensor:
    return x if coeff == 1 else x * coeff


def _maximum(x: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """The largest value, and the number of the blob that has it."""
    largest = torch.where(x[0] > x[1], 0, 1)
    y = torch.where(x[0] > x[1], x[0], x[1])
    for i, other in enumerate(x[2:], start=2):
        largest = torch.where(other > y, i, largest)
        y = torch.where(other > y, other, y)
    return y, largest
