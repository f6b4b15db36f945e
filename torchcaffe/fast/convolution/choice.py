"""Which way to convolve suits a place."""

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
    """For bottoms of about this shape, and factors of this type; `frozen` says that no gradient comes back."""
    winograd = WinogradConvolver.choose(layer, shape, place, dtype, frozen)
    return winograd or TritonConvolver.choose(layer, place, dtype) or OperationsConvolver(layer)
