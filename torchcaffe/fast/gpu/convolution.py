"""3x3 convolutions with a border of 1, as matrix products over the pixels: forward, and both gradients.

Images are (N, H, W, C) in memory. A tile of the result is some pixels by some channels, and the sum of nine matrix
products, one for each place in the window.
"""

import triton
import triton.language as tl


@triton.jit
def convolve(
    x, weight, bias, addend, y,
    pixels, contracted: tl.constexpr, made: tl.constexpr,
    weight_contracted, weight_made, weight_row, weight_column,
    HEIGHT: tl.constexpr, WIDTH: tl.constexpr, STRIDE: tl.constexpr, TURNED: tl.constexpr,
    RELU: tl.constexpr, PRECISION: tl.constexpr,
    PIXELS: tl.constexpr, CONTRACTED: tl.constexpr, MADE: tl.constexpr,
):  # fmt: skip
    """y = relu(conv(x) + bias + addend); TURNED: with the window turned by half, for the gradient of x.

    x has HEIGHT x WIDTH pixels and `contracted` channels, y has `pixels` in all and `made` channels.
    `weight_contracted` to `weight_column` are the weight's strides: of the two channel axes, the window's rows and its
    columns.
    """
    OUT_HEIGHT: tl.constexpr = (HEIGHT - 1) // STRIDE + 1
    OUT_WIDTH: tl.constexpr = (WIDTH - 1) // STRIDE + 1
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    channel = tl.program_id(1) * MADE + tl.arange(0, MADE)
    here, known = pixel < pixels, channel < made
    image = pixel // (OUT_HEIGHT * OUT_WIDTH)
    i = pixel % (OUT_HEIGHT * OUT_WIDTH) // OUT_WIDTH
    j = pixel % OUT_WIDTH
    total = tl.zeros((PIXELS, MADE), tl.float32)
    STEPS: tl.constexpr = (contracted + CONTRACTED - 1) // CONTRACTED
    for step in range(9 * STEPS):
        place = step // STEPS
        k = step % STEPS * CONTRACTED + tl.arange(0, CONTRACTED)
        there = k < contracted
        row, column = i * STRIDE + place // 3 - 1, j * STRIDE + place % 3 - 1
        inside = here & (row >= 0) & (row < HEIGHT) & (column >= 0) & (column < WIDTH)
        start = ((image * HEIGHT + row) * WIDTH + column) * contracted
        window = 8 - place if TURNED else place
        filters = weight + window // 3 * weight_row + window % 3 * weight_column + channel[None, :] * weight_made
        a = tl.load(x + start[:, None] + k[None, :], mask=inside[:, None] & there[None, :], other=0.0)
        b = tl.load(filters + k[:, None] * weight_contracted, mask=there[:, None] & known[None, :], other=0.0)
        total = tl.dot(a, b, total, input_precision=PRECISION)
    target = pixel[:, None] * made + channel[None, :]
    wanted = here[:, None] & known[None, :]
    if bias is not None:
        total += tl.load(bias + channel, mask=known, other=0.0).to(tl.float32)[None, :]
    if addend is not None:
        total += tl.load(addend + target, mask=wanted, other=0.0).to(tl.float32)
    if RELU:
        total = tl.where(total < 0, 0.0, total)  # NaN stays.
    tl.store(y + target, total.to(y.dtype.element_ty), mask=wanted)


@triton.jit
def convolve_few(
    x, weight, bias, y,
    pixels, contracted: tl.constexpr, made: tl.constexpr,
    weight_contracted, weight_made, weight_row, weight_column,
    HEIGHT: tl.constexpr, WIDTH: tl.constexpr, STRIDE: tl.constexpr, RELU: tl.constexpr, PRECISION: tl.constexpr,
    PIXELS: tl.constexpr, WINDOW: tl.constexpr, MADE: tl.constexpr,
):  # fmt: skip
    """y = relu(conv(x) + bias) where the whole window, 9 x `contracted` <= WINDOW, is one tile: for images."""
    OUT_HEIGHT: tl.constexpr = (HEIGHT - 1) // STRIDE + 1
    OUT_WIDTH: tl.constexpr = (WIDTH - 1) // STRIDE + 1
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    channel = tl.program_id(1) * MADE + tl.arange(0, MADE)
    here, known = pixel < pixels, channel < made
    image = pixel // (OUT_HEIGHT * OUT_WIDTH)
    i = pixel % (OUT_HEIGHT * OUT_WIDTH) // OUT_WIDTH * STRIDE - 1
    j = pixel % OUT_WIDTH * STRIDE - 1
    element = tl.arange(0, WINDOW)
    window_row, window_column = element // (3 * contracted), element // contracted % 3
    k, there = element % contracted, element < 9 * contracted
    row, column = i[:, None] + window_row[None, :], j[:, None] + window_column[None, :]
    inside = here[:, None] & there[None, :] & (row >= 0) & (row < HEIGHT) & (column >= 0) & (column < WIDTH)
    start = ((image[:, None] * HEIGHT + row) * WIDTH + column) * contracted
    a = tl.load(x + start + k[None, :], mask=inside, other=0.0)
    filters = weight + k * weight_contracted + window_row * weight_row + window_column * weight_column
    b = tl.load(filters[:, None] + channel[None, :] * weight_made, mask=there[:, None] & known[None, :], other=0.0)
    total = tl.dot(a, b, input_precision=PRECISION)
    if bias is not None:
        total += tl.load(bias + channel, mask=known, other=0.0).to(tl.float32)[None, :]
    if RELU:
        total = tl.where(total < 0, 0.0, total)  # NaN stays.
    target = pixel[:, None] * made + channel[None, :]
    tl.store(y + target, total.to(y.dtype.element_ty), mask=here[:, None] & known[None, :])


@triton.jit
def spread_gradient(
    d_y, weight, d_x,
    images, contracted: tl.constexpr, made: tl.constexpr,
    weight_contracted, weight_made, weight_row, weight_column,
    HEIGHT: tl.constexpr, WIDTH: tl.constexpr, PRECISION: tl.constexpr,
    PIXELS: tl.constexpr, CONTRACTED: tl.constexpr, MADE: tl.constexpr,
):  # fmt: skip
    """The gradient of x, HEIGHT x WIDTH pixels, of a convolution with stride 2.

    A program's third index says whether the rows and columns of its pixels are even or odd: an even one meets one of
    the window's three rows or columns, an odd one two.
    """
    OUT_HEIGHT: tl.constexpr = (HEIGHT + 1) // 2
    OUT_WIDTH: tl.constexpr = (WIDTH + 1) // 2
    odd_row, odd_column = tl.program_id(2) // 2, tl.program_id(2) % 2
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    channel = tl.program_id(1) * MADE + tl.arange(0, MADE)
    known = channel < made
    image = pixel // (OUT_HEIGHT * OUT_WIDTH)
    i = pixel % (OUT_HEIGHT * OUT_WIDTH) // OUT_WIDTH
    j = pixel % OUT_WIDTH
    here = image < images
    total = tl.zeros((PIXELS, MADE), tl.float32)
    for window_row in range(1 - odd_row, 3, 2):
        row = i + (odd_row + 1 - window_row) // 2
        for window_column in range(1 - odd_column, 3, 2):
            column = j + (odd_column + 1 - window_column) // 2
            inside = here & (row < OUT_HEIGHT) & (column < OUT_WIDTH)
            start = ((image * OUT_HEIGHT + row) * OUT_WIDTH + column) * contracted
            filters = weight + window_row * weight_row + window_column * weight_column + channel[None, :] * weight_made
            for first in range(0, contracted, CONTRACTED):
                k = first + tl.arange(0, CONTRACTED)
                there = k < contracted
                a = tl.load(d_y + start[:, None] + k[None, :], mask=inside[:, None] & there[None, :], other=0.0)
                b = tl.load(filters + k[:, None] * weight_contracted, mask=there[:, None] & known[None, :], other=0.0)
                total = tl.dot(a, b, total, input_precision=PRECISION)
    row, column = 2 * i + odd_row, 2 * j + odd_column
    here = here & (row < HEIGHT) & (column < WIDTH)
    target = ((image * HEIGHT + row) * WIDTH + column)[:, None] * made + channel[None, :]
    tl.store(d_x + target, total.to(d_x.dtype.element_ty), mask=here[:, None] & known[None, :])


@triton.jit
def weight_gradient_parts(
    d_y, x, parts,
    pixels, outputs: tl.constexpr, inputs: tl.constexpr, share: tl.constexpr,
    HEIGHT: tl.constexpr, WIDTH: tl.constexpr, STRIDE: tl.constexpr, PRECISION: tl.constexpr,
    PIXELS: tl.constexpr, OUTPUTS: tl.constexpr, INPUTS: tl.constexpr,
):  # fmt: skip
    """The gradient of the weight by parts (P, 9, outputs, inputs): each sums `share` pixels, a multiple of PIXELS.

    Programs are parts, the window's rows, and tiles of outputs by inputs.
    """
    OUT_HEIGHT: tl.constexpr = (HEIGHT - 1) // STRIDE + 1
    OUT_WIDTH: tl.constexpr = (WIDTH - 1) // STRIDE + 1
    part, window_row = tl.program_id(0), tl.program_id(1)
    across = tl.cdiv(inputs, INPUTS)
    o = tl.program_id(2) // across * OUTPUTS + tl.arange(0, OUTPUTS)
    k = tl.program_id(2) % across * INPUTS + tl.arange(0, INPUTS)
    known, there = o < outputs, k < inputs
    left = tl.zeros((OUTPUTS, INPUTS), tl.float32)
    middle = tl.zeros((OUTPUTS, INPUTS), tl.float32)
    right = tl.zeros((OUTPUTS, INPUTS), tl.float32)
    for first in range(0, share, PIXELS):
        pixel = part * share + first + tl.arange(0, PIXELS)
        here = pixel < pixels
        image = pixel // (OUT_HEIGHT * OUT_WIDTH)
        row = pixel % (OUT_HEIGHT * OUT_WIDTH) // OUT_WIDTH * STRIDE + window_row - 1
        column = pixel % OUT_WIDTH * STRIDE
        inside = here & (row >= 0) & (row < HEIGHT)
        d = tl.load(d_y + pixel[None, :] * outputs + o[:, None], mask=here[None, :] & known[:, None], other=0.0)
        start = ((image * HEIGHT + row) * WIDTH + column) * inputs
        where = x + start[:, None] + k[None, :]
        b = tl.load(where - inputs, mask=(inside & (column >= 1))[:, None] & there[None, :], other=0.0)
        left = tl.dot(d, b, left, input_precision=PRECISION)
        b = tl.load(where, mask=inside[:, None] & there[None, :], other=0.0)
        middle = tl.dot(d, b, middle, input_precision=PRECISION)
        b = tl.load(where + inputs, mask=(inside & (column + 1 < WIDTH))[:, None] & there[None, :], other=0.0)
        right = tl.dot(d, b, right, input_precision=PRECISION)
    size = outputs * inputs
    target = parts + (part * 9 + window_row * 3) * size + o[:, None] * inputs + k[None, :]
    wanted = known[:, None] & there[None, :]
    tl.store(target, left, mask=wanted)
    tl.store(target + size, middle, mask=wanted)
    tl.store(target + 2 * size, right, mask=wanted)


@triton.jit
def weight_gradient_parts_few(
    d_y, x, parts,
    pixels, outputs: tl.constexpr, inputs: tl.constexpr, share: tl.constexpr,
    HEIGHT: tl.constexpr, WIDTH: tl.constexpr, STRIDE: tl.constexpr, PRECISION: tl.constexpr,
    PIXELS: tl.constexpr, OUTPUTS: tl.constexpr, WINDOW: tl.constexpr,
):  # fmt: skip
    """As `weight_gradient_parts`, where the whole window, 9 x inputs <= WINDOW, is one tile.

    Programs are parts, and tiles of outputs.
    """
    OUT_HEIGHT: tl.constexpr = (HEIGHT - 1) // STRIDE + 1
    OUT_WIDTH: tl.constexpr = (WIDTH - 1) // STRIDE + 1
    part = tl.program_id(0)
    o = tl.program_id(1) * OUTPUTS + tl.arange(0, OUTPUTS)
    known = o < outputs
    element = tl.arange(0, WINDOW)
    window_row, window_column = element // (3 * inputs), element // inputs % 3
    k, there = element % inputs, element < 9 * inputs
    total = tl.zeros((OUTPUTS, WINDOW), tl.float32)
    for first in range(0, share, PIXELS):
        pixel = part * share + first + tl.arange(0, PIXELS)
        here = pixel < pixels
        image = pixel // (OUT_HEIGHT * OUT_WIDTH)
        i = pixel % (OUT_HEIGHT * OUT_WIDTH) // OUT_WIDTH * STRIDE - 1
        j = pixel % OUT_WIDTH * STRIDE - 1
        row, column = i[:, None] + window_row[None, :], j[:, None] + window_column[None, :]
        inside = here[:, None] & there[None, :] & (row >= 0) & (row < HEIGHT) & (column >= 0) & (column < WIDTH)
        start = ((image[:, None] * HEIGHT + row) * WIDTH + column) * inputs
        d = tl.load(d_y + pixel[None, :] * outputs + o[:, None], mask=here[None, :] & known[:, None], other=0.0)
        b = tl.load(x + start + k[None, :], mask=inside, other=0.0)
        total = tl.dot(d, b, total, input_precision=PRECISION)
    place = window_row * 3 + window_column
    target = parts + ((part * 9 + place) * outputs * inputs + k)[None, :] + o[:, None] * inputs
    tl.store(target, total, mask=known[:, None] & there[None, :])


@triton.jit
def add_parts(
    parts, d_weight, count: tl.constexpr, outputs: tl.constexpr, inputs: tl.constexpr,
    weight_output, weight_input, weight_row, weight_column,
    PARTS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """d_weight += the sum of `count` parts (P, 9, outputs, inputs), always in the same order."""
    element = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    size = outputs * inputs
    known = element < 9 * size
    total = tl.zeros((PARTS, BLOCK), tl.float32)
    for first in range(0, count, PARTS):
        part = first + tl.arange(0, PARTS)
        mask = (part < count)[:, None] & known[None, :]
        total += tl.load(parts + part[:, None] * (9 * size) + element[None, :], mask=mask, other=0.0)
    place, o, k = element // size, element % size // inputs, element % inputs
    target = d_weight + o * weight_output + k * weight_input + place // 3 * weight_row + place % 3 * weight_column
    tl.store(target, tl.load(target, mask=known, other=0.0) + tl.sum(total, 0), mask=known)
