"""Batches from images in memory, a GPU's or the CPU's, cropped and mirrored there at random."""

import numpy as np
import torch
from torch import Tensor


class Batches:
    """Cuts batches from images, in their order, round and round.

    Args:
        images: uint8 (records, C, H, W).
        labels: int64 (records,).
        mean: float32 (C, H, W), which is subtracted before the crop; or None.
        batch: images a batch.
        crop: the size of what is cut out, at a random place of each image.
        mirror: whether an image is mirrored, by chance, one time in two.
    """

    def __init__(
        self, images: Tensor, labels: Tensor, mean: Tensor | None, batch: int, crop: int, mirror: bool
    ) -> None:
        # Views (records, C, places, places, crop, crop) and (places, places, C, crop, crop) of all that can be cut out.
        self._windows = images.unfold(2, crop, 1).unfold(3, crop, 1)
        self._means = None if mean is None else mean.unfold(1, crop, 1).unfold(2, crop, 1).permute(1, 2, 0, 3, 4)
        self._labels = labels
        self.device = labels.device
        self._batch, self._mirror = batch, mirror
        self._next = 0

    def next(self) -> tuple[Tensor, Tensor]:
        """Images float32 (batch, C, crop, crop), channels-last, and their labels int64 (batch,)."""
        chosen = torch.arange(self._next, self._next + self._batch, device=self.device) % len(self._labels)
        self._next = (self._next + self._batch) % len(self._labels)
        top, left = (torch.randint(places, (self._batch,), device=self.device) for places in self._windows.shape[2:4])
        images = self._windows[chosen, :, top, left].float()
        if self._means is not None:
            images -= self._means[top, left]
        if self._mirror:
            mirrored = torch.rand(self._batch, 1, 1, 1, device=self.device) < 0.5
            images = torch.where(mirrored, images.flip(3), images)
        return images.contiguous(memory_format=torch.channels_last), self._labels[chosen]


def load_batches(file: str, batch: int, crop: int, mirror: bool, device: torch.device | None = None) -> Batches:
    """Batches of the images, labels and mean (which may be absent) of an .npz file, on a device (default: the CPU)."""
    with np.load(file) as arrays:
        mean = torch.from_numpy(arrays["mean"]).to(device) if "mean" in arrays else None
        images = torch.from_numpy(arrays["images"]).to(device)
        labels = torch.from_numpy(arrays["labels"].astype(np.int64)).to(device)
    return Batches(images, labels, mean, batch, crop, mirror)
