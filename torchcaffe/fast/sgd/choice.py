"""Chooses the implementation of the update."""

import torch

from torchcaffe.fast import gpu, kernels
from torchcaffe.fast.sgd.compiled import CompiledUpdate
from torchcaffe.fast.sgd.function import Update
from torchcaffe.fast.sgd.on_gpu import TritonUpdate
from torchcaffe.layer_types.layer import Place


def choose_update(place: Place) -> Update | None:
    """The update for a place, or None where there is no kernel for it."""
    if place.dtype != torch.float32:
        return None
    if gpu.usable(place.device):
        return TritonUpdate()
    library = kernels.library() if place.device.type == "cpu" else None
    return None if library is None else CompiledUpdate(library)
