"""A binary caffemodel, into a net."""

from collections.abc import Iterable

from google.protobuf import text_format

from fuzz.reader import Reader
from fuzz.readers.examples import OLD_NETS, small_net
from torchcaffe.proto import caffe_pb2
from torchcaffe.weights.caffemodel import copy_trained_layers_from, net_to_proto


class CaffemodelReader(Reader):
    def seeds(self) -> Iterable[bytes]:
        yield net_to_proto(small_net()).SerializeToString()
        yield net_to_proto(small_net(), write_diff=True).SerializeToString()
        for text in OLD_NETS:
            old = text_format.Parse(text, caffe_pb2.NetParameter())
            for layer in old.layers:
                blobs = layer.layer.blobs if layer.HasField("layer") else layer.blobs
                blobs.add(num=4, channels=3, height=3, width=2, data=range(72))
                blobs.add(num=1, channels=1, height=1, width=4, double_data=range(4))
            yield old.SerializeToString()

    def read(self, data: bytes) -> None:
        copy_trained_layers_from(small_net(), self.file(data, "weights.caffemodel"))
