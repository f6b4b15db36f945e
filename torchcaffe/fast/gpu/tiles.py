"""Chooses a kernel's tile sizes by the sizes of a convolution or a batch."""

ROW_PARTS = 128
"""By how many parts the kernels of BatchNorm take sums over all rows: about one for each processor of a large GPU."""


def multiply_tile(pixels: int, contracted: int, made: int) -> dict[str, int]:
    """For `convolve` and `spread_gradient`: pixels by channels of the result, and channels summed at a time."""
    return {
        "PIXELS": 128 if pixels >= 1 << 14 else 64,
        "MADE": _at_least_16(made, 64),
        "CONTRACTED": _at_least_16(contracted, 32),
        "num_warps": 4,
        "num_stages": 3,
    }


def few(channels: int) -> bool:
    """Whether a 3x3 window of so many channels fits one tile, for the kernels `..._few`."""
    return 9 * channels <= 64


def multiply_few_tile(contracted: int, made: int) -> dict[str, int]:
    """For `convolve_few`."""
    return {"PIXELS": 128, "MADE": _at_least_16(made, 64), "WINDOW": _at_least_16(9 * contracted, 64), "num_warps": 4}


def weight_parts(pixels: int, outputs: int, inputs: int) -> int:
    """The number of partial sums of a weight's gradient: at most 16 MiB together, and at least one."""
    return min(max(64, min(512, pixels // 128)), max(1, (1 << 22) // (9 * outputs * inputs)))


def weight_tile(outputs: int, inputs: int) -> dict[str, int]:
    """For `weight_gradient_parts`: tiles so small that one warp does each, and many are in flight."""
    return {
        "PIXELS": 32,
        "OUTPUTS": _at_least_16(outputs, 32),
        "INPUTS": _at_least_16(inputs, 32),
        "num_warps": 1,
        "num_stages": 3,
    }


def weight_few_tile(outputs: int, inputs: int) -> dict[str, int]:
    """For `weight_gradient_parts_few`."""
    return {
        "PIXELS": 32,
        "OUTPUTS": _at_least_16(outputs, 32),
        "WINDOW": _at_least_16(9 * inputs, 64),
        "num_warps": 1,
        "num_stages": 3,
    }


def row_tile(channels: int) -> dict[str, int]:
    """For the second kernels of BatchNorm: rows and channels that a program works on."""
    return _rows(channels, 4096)


def part_tile(channels: int, share: int) -> dict[str, int]:
    """For the first kernels of BatchNorm: rows and channels that are read at a time, of `share` rows.

    There are no more programs than processors, so there are enough warps to request all of these at once.
    """
    return _rows(channels, max(1024, min(16384, _power_of_2(share * _block(channels)))))


def _rows(channels: int, elements: int) -> dict[str, int]:
    block = _block(channels)
    return {
        "CHANNELS": channels,
        "BLOCK": block,
        "PARTS": ROW_PARTS,
        "ROWS": elements // block,
        "num_warps": elements // 1024,
    }


def _block(channels: int) -> int:
    return min(_power_of_2(channels), 64)


def _power_of_2(least: int) -> int:
    return 1 << (least - 1).bit_length()


def _at_least_16(channels: int, at_most: int) -> int:
    """A power of 2, at least 16, as matrix units need."""
    return max(16, min(_power_of_2(channels), at_most))
