"""The compiled kernels, for tests that need them."""

import ctypes

import pytest

from torchcaffe.fast import kernels


@pytest.fixture
def library() -> ctypes.CDLL:
    """The kernels; a machine without a C++ compiler has none, any other must have them."""
    found = kernels.library()
    if found is None and kernels.fault().startswith("there is no C++ compiler"):
        pytest.skip(kernels.fault())
    assert found is not None, kernels.fault()
    return found
