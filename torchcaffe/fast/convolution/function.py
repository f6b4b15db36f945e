"""A convolution as functions, forward and backward: the interface of its implementations."""

from typing import Protocol

import torch


class Convolver(Protocol):
    """y = relu(conv(x; w) + b + a), of which b, a and the ReLU may each be missing.

    x, a and y are (N, C, H, W) with the channels innermost in memory, w is (O, I, kernel height, kernel width), b (O).
    """

    def prepare(self, weight: torch.Tensor) -> torch.Tensor:
        """w in the form that `forward` takes; valid as long as w stays the same."""
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
        """Adds the gradients of w and b to `d_weight` and `d_bias`; returns that of x. `d_y` is that of conv(x; w) + b.

        None for `d_weight` or `d_bias` leaves it out; without `want_x` None is returned. `d_weight` and `d_bias` are
        float32 or float64, also if the factors are bf16.
        """
        ...
