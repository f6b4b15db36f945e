"""Chooses the implementation of BatchNorm for a place."""

import torch

from torchcaffe.fast import gpu, kernels
from torchcaffe.fast.batch_norm.compiled import CompiledBatchNorm
from torchcaffe.fast.batch_norm.function import BatchNorm, Settings
from torchcaffe.fast.batch_norm.on_gpu import TritonBatchNorm
from torchcaffe.fast.batch_norm.operations import CascadeCore, NativeCore, OperationsBatchNorm
from torchcaffe.fast.kernels.library import WIDTH
from torchcaffe.layer_types.layer import Place


def choose_batch_norm(settings: Settings, place: Place, bf16: bool = False) -> BatchNorm:
    """Kernels of this project's own; PyTorch's operations if there are none, and for bf16 on a CPU."""
    norm = settings.norm
    if gpu.usable(place.device) and place.dtype == torch.float32:
        return TritonBatchNorm(settings)
    if place.device.type != "cpu" or bf16:
        return OperationsBatchNorm(settings, NativeCore(norm.channels, norm.eps, place.device, place.dtype))
    library = kernels.library()
    if library is None or place.dtype != torch.float32 or norm.channels % WIDTH:
        return OperationsBatchNorm(settings, CascadeCore(norm.eps))
    return CompiledBatchNorm(settings, library)
