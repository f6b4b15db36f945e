"""Chooses the implementation of a convolution."""

import torch

from torchcaffe.blob import Shape
from torchcaffe.fast.convolution.function import Convolver
from torchcaffe.fast.convolution.on_gpu import TritonConvolver
from torchcaffe.fast.convolution.operations import OperationsConvolver
from torchcaffe.fast.convolution.winograd import WinogradConvolver
from torchcaffe.layer_types.convolution import ConvolutionLayer
from torchcaffe.layer_types.layer import Place


def choose_convolver(
    layer: ConvolutionLayer, shape: Shape, place: Place, dtype: torch.dtype, frozen: bool
) -> Convolver:
    """The convolver for bottoms of about this shape and factors of this type; `frozen`: there is no backward pass."""
    winograd = WinogradConvolver.choose(layer, shape, place, dtype, frozen)
    return winograd or TritonConvolver.choose(layer, place, dtype) or OperationsConvolver(layer)
