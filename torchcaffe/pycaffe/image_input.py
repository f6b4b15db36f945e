"""Makes the transformer that feeds images to a net."""

from collections.abc import Sequence

from torchcaffe.errors import NetError
from torchcaffe.pycaffe.arrays import Array
from torchcaffe.pycaffe.net import Net
from torchcaffe.pycaffe.transformer import Transformer


def image_input(
    net: Net,
    mean: Array | None,
    input_scale: float | None,
    raw_scale: float | None,
    channel_swap: Sequence[int] | None,
) -> Transformer:
    """A transformer from images (H, W, K) to a net's first input, without the steps that are None. NetError if there
    is no input."""
    if not net.inputs:
        raise NetError(f"net '{net.name}' has no input: give it an Input layer for the images")
    name = net.inputs[0]
    transformer = Transformer({name: net.blobs[name].shape})
    transformer.set_transpose(name, (2, 0, 1))
    if mean is not None:
        transformer.set_mean(name, mean)
    if input_scale is not None:
        transformer.set_input_scale(name, input_scale)
    if raw_scale is not None:
        transformer.set_raw_scale(name, raw_scale)
    if channel_swap is not None:
        transformer.set_channel_swap(name, channel_swap)
    return transformer
