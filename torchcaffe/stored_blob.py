"""Reads params from messages: those of caffemodels, and the `blobs` of a prototxt's layers."""

import torch

from torchcaffe.blob import Blob, Shape
from torchcaffe.errors import ProtoError, WeightsError
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import blob_shape, blob_to_array


def stored_shape(proto: caffe_pb2.BlobProto, wanted: Shape | None) -> Shape:
    """A stored param's shape; four old axes with ones in front count as the `wanted`, shorter shape."""
    shape = blob_shape(proto)
    if wanted is None or proto.HasField("shape"):
        return shape
    return wanted if shape == (1,) * (4 - len(wanted)) + wanted else shape


def read_blob(proto: caffe_pb2.BlobProto, blob: Blob, name: str) -> None:
    """Copies a message's values, and gradients if it has any, into a blob of as many elements.

    Raises WeightsError for another number of values.
    """
    try:
        blob.data.copy_(torch.from_numpy(blob_to_array(proto, name)).view(blob.shape))
        if proto.diff or proto.double_diff:
            blob.diff.copy_(torch.from_numpy(blob_to_array(proto, name, diff=True)).view(blob.shape))
    except ProtoError as error:
        raise WeightsError(str(error)) from error
