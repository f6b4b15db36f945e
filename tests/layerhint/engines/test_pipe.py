"""Arrays through a pipe arrive as they were sent."""

import io

import numpy as np
import pytest

from layerhint.engines.pipe import receive, send

ARRAYS = [
    np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    np.array([1.5, np.nan]),
    np.zeros((0, 7), np.uint8),
    np.array(3, np.int64),
    np.arange(6, dtype=np.float32).reshape(2, 3).T,
]


def test_arrays_arrive_in_order() -> None:
    pipe = io.BytesIO()
    for array in ARRAYS:
        send(pipe, array)
    pipe.seek(0)
    for array in ARRAYS:
        received = receive(pipe)
        assert received.dtype == array.dtype
        np.testing.assert_array_equal(received, array, strict=True)


def test_a_pipe_that_has_ended_says_so() -> None:
    with pytest.raises(EOFError):
        receive(io.BytesIO())


def test_an_array_that_is_cut_short_is_no_array() -> None:
    pipe = io.BytesIO()
    send(pipe, ARRAYS[0])
    with pytest.raises(EOFError):
        receive(io.BytesIO(pipe.getvalue()[:-1]))
