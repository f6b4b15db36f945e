"""BatchNorm and Scale of a batch, a sum and a ReLU: two kernels forward, two backward.

Images are (N, H, W, C) in memory: rows of C channels. Sums over all rows are computed in two steps: the first kernel of
each pair writes PARTS partial sums, each over `share` rows, and every program of the second adds them up. The programs'
axes are parts or tiles of rows, and blocks of channels.
"""

import triton
import triton.language as tl


@triton.jit
def moments_by_parts(
    x, parts, rows, share,
    CHANNELS: tl.constexpr, BLOCK: tl.constexpr, PARTS: tl.constexpr, ROWS: tl.constexpr,
):  # fmt: skip
    """The mean and the sum of squared deviations, (2, PARTS, CHANNELS), of each part of x."""
    part = tl.program_id(0)
    channel = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    known = channel < CHANNELS
    count = 0.0
    mean = tl.zeros((BLOCK,), tl.float32)
    squares = tl.zeros((BLOCK,), tl.float32)
    end = tl.minimum((part + 1) * share, rows)
    for first in range(part * share, end, ROWS):
        row = first + tl.arange(0, ROWS)
        mask = (row < end)[:, None] & known[None, :]
        values = tl.load(x + row[:, None] * CHANNELS + channel[None, :], mask=mask, other=0.0).to(tl.float32)
        more = tl.minimum(end - first, ROWS).to(tl.float32)
        new_mean = tl.sum(values, 0) / more
        deviation = tl.where(mask, values - new_mean[None, :], 0.0)
        delta, total = new_mean - mean, count + more
        squares += tl.sum(deviation * deviation, 0) + delta * delta * (count * more / total)
        mean += delta * (more / total)
        count = total
    tl.store(parts + part * CHANNELS + channel, mean, mask=known)
    tl.store(parts + (PARTS + part) * CHANNELS + channel, squares, mask=known)


@triton.jit
def normalise(
    x, parts, scale, bias, addend, y, saved, mean_sum, variance_sum, factor_sum,
    rows, share, eps, fraction,
    CHANNELS: tl.constexpr, BLOCK: tl.constexpr, PARTS: tl.constexpr, RELU: tl.constexpr, ROWS: tl.constexpr,
):  # fmt: skip
    """y = relu(scale (x - mean) / std + bias + addend).

    Writes the mean, 1 / std, scale / std and bias to `saved`, (4, CHANNELS).

    The first program updates the running sums: it multiplies each by `fraction` and adds the new value.
    """
    channel = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    known = channel < CHANNELS
    part = tl.arange(0, PARTS)
    there = part[:, None] * CHANNELS + channel[None, :]
    count = tl.minimum(tl.maximum(rows - part * share, 0), share).to(tl.float32)[:, None]
    means = tl.load(parts + there, mask=known[None, :], other=0.0)
    squares = tl.load(parts + PARTS * CHANNELS + there, mask=known[None, :], other=0.0)
    mean = tl.sum(means * count, 0) / rows
    deviation = means - mean[None, :]
    squares = tl.sum(squares + count * deviation * deviation, 0)
    inverse_std = 1 / tl.sqrt_rn(squares / rows + eps)
    factor = tl.load(scale + channel, mask=known, other=0.0) * inverse_std
    offset = tl.zeros((BLOCK,), tl.float32)
    if bias is not None:
        offset += tl.load(bias + channel, mask=known, other=0.0)
    if tl.program_id(0) == 0:
        tl.store(saved + channel, mean, mask=known)
        tl.store(saved + CHANNELS + channel, inverse_std, mask=known)
        tl.store(saved + 2 * CHANNELS + channel, factor, mask=known)
        tl.store(saved + 3 * CHANNELS + channel, offset, mask=known)
        old = tl.load(mean_sum + channel, mask=known, other=0.0)
        tl.store(mean_sum + channel, old * fraction + mean, mask=known)
        old = tl.load(variance_sum + channel, mask=known, other=0.0)
        tl.store(variance_sum + channel, old * fraction + squares / tl.maximum(rows - 1, 1), mask=known)
        if tl.program_id(1) == 0:
            tl.store(factor_sum, tl.load(factor_sum) * fraction + 1)
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    at = row[:, None] * CHANNELS + channel[None, :]
    mask = (row < rows)[:, None] & known[None, :]
    values = tl.load(x + at, mask=mask, other=0.0).to(tl.float32)
    values = (values - mean[None, :]) * factor[None, :] + offset[None, :]
    if addend is not None:
        values += tl.load(addend + at, mask=mask, other=0.0).to(tl.float32)
    if RELU:
        values = tl.where(values < 0, 0.0, values)  # NaN stays.
    tl.store(y + at, values.to(y.dtype.element_ty), mask=mask)


@triton.jit
def gradient_sums_by_parts(
    d_y, more_d_y, x, y, saved, d_sum, parts, rows, share,
    CHANNELS: tl.constexpr, BLOCK: tl.constexpr, PARTS: tl.constexpr, ROWS: tl.constexpr,
):  # fmt: skip
    """The sums of g and of g (x - mean) / std, (2, PARTS, CHANNELS), of each part, where g is the gradient before the
    ReLU: d_y + more_d_y where y is positive. Without a ReLU y is None. g is written to `d_sum`.
    """
    part = tl.program_id(0)
    channel = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    known = channel < CHANNELS
    mean = tl.load(saved + channel, mask=known, other=0.0)
    inverse_std = tl.load(saved + CHANNELS + channel, mask=known, other=0.0)
    sums = tl.zeros((BLOCK,), tl.float32)
    products = tl.zeros((BLOCK,), tl.float32)
    end = tl.minimum((part + 1) * share, rows)
    for first in range(part * share, end, ROWS):
        row = first + tl.arange(0, ROWS)
        mask = (row < end)[:, None] & known[None, :]
        at = row[:, None] * CHANNELS + channel[None, :]
        g = tl.load(d_y + at, mask=mask, other=0.0).to(tl.float32)
        if more_d_y is not None:
            g += tl.load(more_d_y + at, mask=mask, other=0.0).to(tl.float32)
        if y is not None:
            g = tl.where(tl.load(y + at, mask=mask, other=0.0) > 0, g, 0.0)
        g = g.to(d_sum.dtype.element_ty)
        tl.store(d_sum + at, g, mask=mask)
        g = g.to(tl.float32)
        values = tl.load(x + at, mask=mask, other=0.0).to(tl.float32)
        sums += tl.sum(g, 0)
        products += tl.sum(g * (values - mean[None, :]), 0)
    tl.store(parts + part * CHANNELS + channel, sums, mask=known)
    tl.store(parts + (PARTS + part) * CHANNELS + channel, products * inverse_std, mask=known)


@triton.jit
def gradient(
    d_sum, x, saved, parts, d_x, d_scale, d_bias, rows,
    CHANNELS: tl.constexpr, BLOCK: tl.constexpr, PARTS: tl.constexpr, ROWS: tl.constexpr,
):  # fmt: skip
    """d_x from g, which `d_sum` holds; the first program adds to d_scale and d_bias, unless they are None."""
    channel = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    known = channel < CHANNELS
    there = tl.arange(0, PARTS)[:, None] * CHANNELS + channel[None, :]
    sums = tl.sum(tl.load(parts + there, mask=known[None, :], other=0.0), 0)
    products = tl.sum(tl.load(parts + PARTS * CHANNELS + there, mask=known[None, :], other=0.0), 0)
    if tl.program_id(0) == 0:
        if d_bias is not None:
            tl.store(d_bias + channel, tl.load(d_bias + channel, mask=known, other=0.0) + sums, mask=known)
        if d_scale is not None:
            tl.store(d_scale + channel, tl.load(d_scale + channel, mask=known, other=0.0) + products, mask=known)
    mean = tl.load(saved + channel, mask=known, other=0.0)
    inverse_std = tl.load(saved + CHANNELS + channel, mask=known, other=0.0)
    factor = tl.load(saved + 2 * CHANNELS + channel, mask=known, other=0.0)
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    at = row[:, None] * CHANNELS + channel[None, :]
    mask = (row < rows)[:, None] & known[None, :]
    g = tl.load(d_sum + at, mask=mask, other=0.0).to(tl.float32)
    values = (tl.load(x + at, mask=mask, other=0.0).to(tl.float32) - mean[None, :]) * inverse_std[None, :]
    d = factor[None, :] * (g - (sums / rows)[None, :] - values * (products / rows)[None, :])
    tl.store(d_x + at, d.to(d_x.dtype.element_ty), mask=mask)
