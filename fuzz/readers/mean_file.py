"""A binaryproto, as the mean file of a data layer."""

from collections.abc import Iterable

import numpy as np

from fuzz.reader import Reader
from layerhint.datasets.mean import write_mean
from torchcaffe.data.transformer import DataTransformer
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import array_to_blob

_IMAGES = np.arange(2 * 3 * 5 * 7, dtype=np.uint8).reshape(2, 3, 5, 7)


class MeanFileReader(Reader):
    def seeds(self) -> Iterable[bytes]:
        mean = np.linspace(0, 200, 105, dtype=np.float32).reshape(3, 5, 7)
        yield write_mean(self.scratch / "seed", mean)
        yield array_to_blob(mean[np.newaxis]).SerializeToString()
        yield array_to_blob(mean.astype(np.float64)).SerializeToString()

    def read(self, data: bytes) -> None:
        param = caffe_pb2.TransformationParameter(mean_file=str(self.file(data, "mean.binaryproto")))
        DataTransformer(param, caffe_pb2.TEST).transform(_IMAGES)
