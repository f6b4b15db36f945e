"""The number of a unit's connections, by which the Xavier and MSRA fillers scale their numbers."""

import math

import numpy as np

from torchcaffe.errors import NetError
from torchcaffe.proto.caffe_pb2 import FillerParameter


def fan(shape: tuple[int, ...], param: FillerParameter) -> np.float32:
    """n as `variance_norm` chooses it: fan in, fan out, or their average.

    fan in = count / shape[0] and fan out = count / shape[1] (count where there is one axis only), which for
    a Convolution's weights (K, C / group, kh, kw) are C / group * kh * kw and K * kh * kw. Raises NetError
    for a blob without axes.
    """
    if not shape:
        raise NetError(f"filler '{param.type}' needs a blob with an axis, and this one is a single number")
    count = math.prod(shape)
    fan_in = count // shape[0]
    fan_out = count // shape[1] if len(shape) > 1 else count
    if param.variance_norm == FillerParameter.AVERAGE:
        return np.float32(fan_in + fan_out) / np.float32(2)
    return np.float32(fan_out if param.variance_norm == FillerParameter.FAN_OUT else fan_in)
