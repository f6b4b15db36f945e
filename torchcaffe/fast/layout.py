"""Stores filters with their channels innermost in memory, as a GPU's convolutions read them."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch

from torchcaffe.blob import Blob

if TYPE_CHECKING:
    from torchcaffe.net import Net


def filters_channels_last(nets: Iterable["Net"], history: Iterable[tuple[Blob, torch.Tensor]] = ()) -> None:
    """Changes the layout of the nets' 4-d params, data and diff, and of the solver's `history` of them.

    Otherwise every convolution would first convert its filters, each time. Params that share memory stay as they are.
    """
    blobs = [blob for net in nets for layer in net.layers for blob in layer.blobs]
    users = Counter(blob.data.data_ptr() for blob in blobs)
    alone = {id(blob): blob for blob in blobs if users[blob.data.data_ptr()] == 1}
    kept = [tensor for blob, tensor in history if id(blob) in alone]
    for tensor in [*(blob.data for blob in alone.values()), *(blob.diff for blob in alone.values()), *kept]:
        if tensor.dim() == 4:
            tensor.data = tensor.contiguous(memory_format=torch.channels_last)
