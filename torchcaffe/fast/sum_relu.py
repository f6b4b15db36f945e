"""The sum of a residual module and the ReLU after it, in one."""

import torch

from torchcaffe.fast.op import Op, channels_last


class SumReLU(Op):
    """y = relu(x_1 + x_2 + ...). All bottoms have the same gradient, so they share one array."""

    takes_bf16 = True

    def forward(self) -> None:
        self.reshape()
        first, second, *rest = (bottom.data for bottom in self.bottoms)
        y = first + second
        for x in rest:
            y += x
        self._y = y.relu_()
        self.tops[0].data = self._y

    def backward(self) -> None:
        (diff,) = self.take_diffs()
        diff = torch.ops.aten.threshold_backward(diff.to(self._y.dtype), channels_last(self._y), 0)
        for bottom, down in zip(self.bottoms, self.propagate_down, strict=True):
            if down:
                bottom.diff = diff
