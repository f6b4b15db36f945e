"""The precision of convolutions and matrix products."""

from enum import StrEnum


class Precision(StrEnum):
    """float32 throughout, as Caffe computes; or one of two faster ways that round the factors of products.

    - `tf32`: a GPU rounds the factors of convolutions and matrix products to 11 bits and adds up in float32. All stored
      values are float32.
    - `bf16`: the factors of convolutions, and the blobs between one convolution and the next, have 8 bits. Params,
      their gradients and updates, statistics, losses and all other layers are float32.
    """

    FLOAT32 = "float32"
    TF32 = "tf32"
    BF16 = "bf16"
