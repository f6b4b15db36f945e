"""The loss that a display line shows: the mean over the last `average_loss` iterations."""

from typing import TypedDict

import torch


class SmoothedLossState(TypedDict):
    """The window's exact content: its width, its losses, their running mean, the iteration it began with."""

    window: int
    losses: list[float]
    mean: float
    start: int


class SmoothedLoss:
    """A running mean of the last `window` losses, kept on the losses' device so that it need not wait for them.

    The mean is updated by difference, in the losses' own precision, as Caffe does.
    Source: Caffe 1.0, `Solver::UpdateSmoothedLoss`.
    """

    def __init__(self, window: int, device: torch.device, dtype: torch.dtype) -> None:
        self.window = window
        self._zero = torch.zeros((), device=device, dtype=dtype)
        self.restart(0)

    def restart(self, iteration: int) -> None:
        """Forgets all losses; the next is that of `iteration`."""
        self._start = iteration
        self._losses: list[torch.Tensor] = []
        self.mean = self._zero

    def update(self, loss: torch.Tensor, iteration: int) -> None:
        """Takes in the loss (a 0-d tensor) of an iteration."""
        if len(self._losses) < self.window:
            self._losses.append(loss)
            size = len(self._losses)
            self.mean = (self.mean * (size - 1) + loss) / size
        else:
            index = (iteration - self._start) % self.window
            change = loss - self._losses[index]
            self.mean = self.mean + (change / self.window if self.window > 1 else change)
            self._losses[index] = loss

    @property
    def state(self) -> SmoothedLossState:
        """The window, for JSON; assigning it restores the window."""
        return {
            "window": self.window,
            "losses": [float(loss) for loss in self._losses],
            "mean": float(self.mean),
            "start": self._start,
        }

    @state.setter
    def state(self, value: SmoothedLossState) -> None:
        self._losses = [self._zero + loss for loss in value["losses"]]
        self.mean = self._zero + value["mean"]
        self._start = value["start"]
