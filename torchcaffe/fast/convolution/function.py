"""A convolution as functions, which can be computed in several ways."""

from typing import Protocol

import torch


class Convolver(Protocol):
    """y = relu(conv(x; w) + b + a), of which b, a and the ReLU may each be missing.

    x, a and y are (N, C, H, W) with the channels innermost in memory, w is (O, I, kernel height, kernel width), b (O).
    """

    def prepare(self, weight: torch.Tensor) -> torch.Tensor:
        """w as `forward` takes it; it can be kept as long as w is the same."""
        ...

    def forward(
        self,
        x: torch.Tensor,
        prepared: torch.Tensor,
        bias: torch.Tensor | None = None,
        addend: torch.Tensor | None = None,
        relu: bool = False,
    ) -> torch.Tensor: ...

    def backward(
        self,
        d_y: torch.Tensor,
        x: torch.Tensor,
        weight: torch.Tensor,
        d_weight: torch.Tensor | None,
        d_bias: torch.Tensor | None,
        want_x: bool,
    ) -> torch.Tensor | None:
        """From the gradient of conv(x; w) + b: adds those of w and b to `d_weight` and `d_bias`; gives that of x.

        None stands for what is not wanted. Both sums are float32 or float64, also for factors in bf16.
        """
        ...
