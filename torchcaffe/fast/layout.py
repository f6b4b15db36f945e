"""Filters with their channels innermost in memory, as a GPU's convolutions want them."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torchcaffe.net import Net


def filters_channels_last(nets: Iterable["Net"], more: Iterable[torch.Tensor]) -> None:
    """Lays out anew the 4-d params of some nets, data and diff, and more tensors of theirs (a solver's history).

    Otherwise every convolution turns its filters around first, each time. Params that share memory stay as they are.
    """
    blobs = [blob for net in nets for layer in net.layers for blob in layer.blobs]
    users = Counter(blob.data.data_ptr() for blob in blobs)
    alone = [blob for blob in blobs if users[blob.data.data_ptr()] == 1]
    for tensor in [*(blob.data for blob in alone), *(blob.diff for blob in alone), *more]:
        if tensor.dim() == 4:
            tensor.data = tensor.contiguous(memory_format=torch.channels_last)
