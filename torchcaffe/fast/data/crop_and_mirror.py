"""A `DataTransformer`'s work on the device that holds the images."""

import torch

from torchcaffe.data.transformer import DataTransformer


class CropAndMirror:
    """y = (x - mean) * scale over a crop of x, mirrored or not: bit for bit what `DataTransformer.apply` gives.

    Args:
        transformer: gives mean, scale and crop size.
        shape: the images' shape, (C, H, W).
    """

    def __init__(self, transformer: DataTransformer, shape: tuple[int, int, int], device: torch.device) -> None:
        _, height, width = transformer.output_shape(*shape)
        self._rows = torch.arange(height, device=device)
        self._columns = torch.arange(width, device=device)
        self._scale = float(transformer.scale)
        self._mean: torch.Tensor | None = None
        self._whole_mean = transformer.param.HasField("mean_file")
        if transformer.mean is not None:
            self._mean = torch.from_numpy(transformer.mean).permute(1, 2, 0).contiguous().to(device)

    def __call__(self, images: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """A batch (N, C, h, w), float32, channels innermost in memory.

        Args:
            images: (R, H, W, C), bytes or float32.
            places: (4, N), integers: the image's index, 1 if it is mirrored, the crop's first row and column.
        """
        record, mirror, row, column = places[:, :, None]
        i = (row + self._rows)[:, :, None]
        j = (column + torch.where(mirror == 1, self._columns.flip(0), self._columns))[:, None, :]
        x = images[record[:, :, None], i, j].to(torch.float32)
        if self._mean is not None:
            x = x - (self._mean[i, j] if self._whole_mean else self._mean)
        if self._scale != 1:
            x = x * self._scale
        return x.permute(0, 3, 1, 2)
