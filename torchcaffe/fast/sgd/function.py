"""The update as a function: the interface of its implementations."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

import torch

Tensors = Sequence[torch.Tensor]


class Update(Protocol):
    """w <- w - h, where h <- momentum h + rate (share diff + decay w); diff becomes h.

    `data`, `diff` and `history` each hold one array a param, contiguous and of its shape. `rate_on_device` says that
    the rate may be a 0-d tensor, which recorded work reads each time.
    """

    rate_on_device: ClassVar[bool]

    def __call__(
        self,
        data: Tensors,
        diff: Tensors,
        history: Tensors,
        share: float,
        decay: float,
        momentum: float,
        rate: float | torch.Tensor,
    ) -> None: ...
