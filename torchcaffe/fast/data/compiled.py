"""A `DataTransformer`'s work by a compiled kernel."""

import ctypes

import numpy as np
import torch

from torchcaffe.data.transformer import DataTransformer, Images
from torchcaffe.fast.kernels import address, run


class CompiledTransform:
    """What `DataTransformer.transform` does, draws included, bit for bit, with the channels innermost in memory.

    On a CPU, for images of bytes; those of floats are left to the transformer.
    """

    def __init__(self, transformer: DataTransformer, library: ctypes.CDLL) -> None:
        self._transformer = transformer
        self._kernel = library.torchcaffe_transform_images
        self._mean = np.zeros((0, 0, 0), dtype=np.float32)  # In the shape of the last images.

    def __call__(self, images: Images) -> torch.Tensor:
        """A batch (N, C, h, w), float32. Raises DataError as the transformer does."""
        transformer = self._transformer
        if images.dtype != np.uint8:
            return torch.from_numpy(transformer.transform(images))
        count, *shape = images.shape
        channels, height, width = transformer.output_shape(*shape)
        draws = transformer.draw(count, *shape[1:])
        if self._mean.shape != images.shape[1:]:
            # Without a mean, zeros are subtracted, which changes no bit.
            mean = np.zeros(1, dtype=np.float32) if transformer.mean is None else transformer.mean
            self._mean = np.ascontiguousarray(np.broadcast_to(mean, shape))
        # With one channel too: the bytes are the same either way, but PyTorch's convolutions go by the strides.
        # The kernel needs this type and device, whatever PyTorch's defaults are.
        y = torch.empty(
            (count, channels, height, width), dtype=torch.float32, device="cpu", memory_format=torch.channels_last
        )
        # They must live until the kernel is done.
        arrays = [np.ascontiguousarray(a) for a in (images, self._mean, draws.mirror, draws.h_off, draws.w_off)]
        x, mean_of_x, *places = [array.ctypes.data for array in arrays]
        run(
            self._kernel,
            *(*images.shape, height, width),
            *(x, mean_of_x, float(transformer.scale), *places, address(y)),
        )
        return y
