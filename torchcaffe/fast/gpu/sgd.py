"""The update of SGD with momentum, for many params at once."""

import triton
import triton.language as tl


@triton.jit
def update(addresses, sizes, blocks, rate, count, share, decay, momentum, BLOCK: tl.constexpr):
    """h <- momentum h + rate (share diff + decay w), w <- w - h, diff <- h, for float32 arrays.

    `addresses` (3, count) holds the addresses of w, diff and h, `sizes` (count) their numbers of elements; `blocks`
    (2, programs) holds each program's param and first element.
    """
    program, programs = tl.program_id(0), tl.num_programs(0)
    param = tl.load(blocks + program)
    element = tl.load(blocks + programs + program) + tl.arange(0, BLOCK)
    known = element < tl.load(sizes + param)
    w = tl.load(addresses + param).to(tl.pointer_type(tl.float32)) + element
    d = tl.load(addresses + count + param).to(tl.pointer_type(tl.float32)) + element
    h = tl.load(addresses + 2 * count + param).to(tl.pointer_type(tl.float32)) + element
    weights = tl.load(w, mask=known, other=0.0)
    step = tl.load(d, mask=known, other=0.0) * share + decay * weights
    step = momentum * tl.load(h, mask=known, other=0.0) + tl.load(rate) * step
    tl.store(h, step, mask=known)
    tl.store(d, step, mask=known)
    tl.store(w, weights - step, mask=known)
