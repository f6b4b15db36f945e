"""The `positive_unitball` filler."""

import numpy as np

from torchcaffe.boost import Floats, Rng
from torchcaffe.errors import NetError
from torchcaffe.fillers.checks import count_of, refuse_sparse
from torchcaffe.proto.caffe_pb2 import FillerParameter
from torchcaffe.rng import caffe_rng_uniform


def positive_unitball(shape: tuple[int, ...], param: FillerParameter, rng: Rng) -> Floats:
    """x ~ U(0, 1), then each shape[0] row divided by its sum, so that it adds up to 1."""
    count = count_of(shape, param)
    refuse_sparse(param)
    if not shape:
        raise NetError("filler 'positive_unitball' needs a blob with an axis, and this one is a single number")
    rows = caffe_rng_uniform(rng, count, 0, 1).reshape(shape[0], -1)
    # A running sum adds in Caffe's order; numpy's own sum adds in pairs and rounds otherwise.
    rows /= np.cumsum(rows, axis=1, dtype=np.float32)[:, -1:]
    return rows.reshape(shape)
