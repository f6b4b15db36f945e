"""Arrays through a pipe: a line of JSON with type and shape, then the values, row-major."""

import json
from typing import IO, Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def send(pipe: IO[bytes], array: Array) -> None:
    """Writes an array and flushes the pipe."""
    header = {"dtype": array.dtype.str, "shape": array.shape}
    pipe.write(json.dumps(header).encode() + b"\n" + array.tobytes())
    pipe.flush()


def receive(pipe: IO[bytes]) -> Array:
    """Reads the next array. Raises EOFError where the other side has ended."""
    line = pipe.readline()
    if not line:
        raise EOFError
    header = json.loads(line)
    dtype, shape = np.dtype(header["dtype"]), tuple(header["shape"])
    size = int(np.prod(shape)) * dtype.itemsize
    values = pipe.read(size)
    if len(values) < size:
        raise EOFError
    return np.frombuffer(values, dtype).reshape(shape)
