"""The update as a function, which can be computed in several ways."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

import torch

Tensors = Sequence[torch.Tensor]


class Update(Protocol):
    """w <- w - h, where h <- momentum h + rate (share diff + decay w); diff becomes h.

    `data`, `diff` and `history` hold a param's arrays each, contiguous and of one shape. `rate_on_device` says that the
    rate may be a tensor of no dimensions, which recorded work reads anew.
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
