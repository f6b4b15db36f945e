"""`boost::mt19937`, the generator that all of Caffe's random numbers come from."""

import base64
import binascii
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from torchcaffe.errors import WeightsError

_WORDS = 624
# Larger requests are made in parts: numpy hands raw draws out as 64-bit numbers.
_PART = 1 << 16


class RngState(TypedDict):
    """The exact state of a generator: `key`, its 624 words as base64 of little-endian uint32; `pos`, 0 to 624."""

    key: str
    pos: int


class Rng:
    """MT19937 as `boost::mt19937` seeds it; draws are uniform on 0 .. 2**32 - 1. For one thread at a time.

    `seed` is cut to 32 bits, as C++ does when it passes Caffe's 64-bit seeds on.
    """

    def __init__(self, seed: int) -> None:
        self._bits = np.random.MT19937(0)
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Starts anew from `seed`."""
        self._set(_seeded_words(seed), _WORDS)

    def next_u32(self) -> int:
        """The next draw."""
        return int(self._bits.random_raw())

    def raw(self, count: int) -> npt.NDArray[np.uint32]:
        """The next `count` draws, uint32."""
        out = np.empty(count, dtype=np.uint32)
        for start in range(0, count, _PART):
            part = out[start : start + _PART]
            part[:] = self._bits.random_raw(len(part))
        return out

    @property
    def state(self) -> RngState:
        """The exact place in the stream, for JSON; assigning it moves the generator there."""
        inner = self._bits.state["state"]
        key = np.asarray(inner["key"]).astype("<u4").tobytes()
        return {"key": base64.b64encode(key).decode("ascii"), "pos": int(inner["pos"])}

    @state.setter
    def state(self, value: RngState) -> None:
        try:
            words = np.frombuffer(base64.b64decode(value["key"], validate=True), dtype="<u4")
            pos = int(value["pos"])
        except (binascii.Error, ValueError, KeyError, TypeError) as error:
            raise WeightsError(
                f"a random state cannot be read ({error}); it holds a base64 `key` and a number `pos`"
            ) from error
        if len(words) != _WORDS or not 0 <= pos <= _WORDS:
            raise WeightsError(
                f"a random state of {len(words)} words at position {pos} is no state of MT19937, which has"
                f" {_WORDS} words and positions 0 to {_WORDS}"
            )
        self._set(words.astype(np.uint32), pos)

    def clone(self) -> "Rng":
        """Another generator at the same place."""
        other = Rng(0)
        other.state = self.state
        return other

    def _set(self, words: npt.NDArray[np.uint32], pos: int) -> None:
        self._bits.state = {"bit_generator": "MT19937", "state": {"key": words, "pos": pos}}


def _seeded_words(seed: int) -> npt.NDArray[np.uint32]:
    """x[0] = seed, x[i] = 1812433253 (x[i-1] xor x[i-1] >> 30) + i mod 2**32 (Knuth, TAOCP 2)."""
    words = [seed & 0xFFFFFFFF]
    for i in range(1, _WORDS):
        last = words[-1]
        words.append((1812433253 * (last ^ (last >> 30)) + i) & 0xFFFFFFFF)
    return np.array(words, dtype=np.uint32)
