"""Caffe's random numbers: the global generator, and the draws of fillers and data layers.

Source: Caffe 1.0, `src/caffe/common.cpp`, `src/caffe/util/math_functions.cpp`. Caffe fills blobs on the CPU
in GPU mode too, so that the numbers do not depend on the mode. They are drawn in float32, also for a net in float64.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from torchcaffe import boost
from torchcaffe.boost import Floats, Rng
from torchcaffe.errors import NetError

_global_rng: Rng | None = None


def global_rng() -> Rng:
    """`Caffe::rng_stream()`: the process's generator; the system seeds it unless `set_random_seed` does."""
    global _global_rng
    if _global_rng is None:
        _global_rng = Rng(int.from_bytes(os.urandom(4), "little"))
    return _global_rng


def set_random_seed(seed: int) -> None:
    """`Caffe::set_random_seed`: starts the global generator anew from `seed`, cut to 32 bits.

    It stays the same object, so that a net built before draws from the new seed too, as in Caffe.
    """
    global_rng().seed(seed)


@contextmanager
def global_rng_of_its_own() -> Iterator[None]:
    """Nets and solvers built inside draw from a global generator of their own, as in a process of their own."""
    global _global_rng
    before, _global_rng = _global_rng, None
    try:
        yield
    finally:
        _global_rng = before


def caffe_rng_rand() -> int:
    """One raw draw of the global generator: the seed of a data transformer, for one."""
    return global_rng().next_u32()


def caffe_rng_uniform(rng: Rng, count: int, low: float, high: float) -> Floats:
    """`count` numbers in [low, high], high included. Raises NetError where low > high."""
    low_, high_ = np.float32(low), np.float32(high)
    if not low_ <= high_:
        raise NetError(f"uniform numbers need min <= max, got min {low_} and max {high_}")
    above = np.nextafter(high_, np.finfo(np.float32).max)
    return boost.uniform_real(rng, float(low_), float(above), count)


def caffe_rng_gaussian(rng: Rng, count: int, mean: float, sigma: float) -> Floats:
    """`count` numbers with mean `mean` and standard deviation `sigma`. Raises NetError where sigma <= 0."""
    if not np.float32(sigma) > 0:
        raise NetError(f"gaussian numbers need std > 0, got {sigma}; for equal numbers use the constant filler")
    return boost.normal(rng, mean, sigma, count)


def caffe_rng_bernoulli(rng: Rng, count: int, p: float) -> npt.NDArray[np.bool_]:
    """`count` trials with success probability `p`. Raises NetError where p is outside 0 .. 1."""
    if not 0 <= np.float32(p) <= 1:
        raise NetError(f"a probability must be from 0 to 1, got {p}")
    return boost.bernoulli(rng, p, count)
