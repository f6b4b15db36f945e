"""The prototxt of a user's own net, as a teacher."""

from collections.abc import Iterable
from pathlib import Path

from fuzz.reader import Reader
from fuzz.readers.examples import NET, schema_words, small_net
from layerhint.trainings.own_net_file import OwnNetRequest, read_own_net
from torchcaffe.proto import caffe_pb2
from torchcaffe.python_layers import python_layers
from torchcaffe.weights.caffemodel import save_caffemodel

_TAIL = 'layer { name: "relu" type: "ReLU" bottom: "conv" top: "hint" }\n'


class OwnNetReader(Reader):
    text = True

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        save_caffemodel(small_net(), scratch / "own.weights")

    def seeds(self) -> Iterable[bytes]:
        yield (NET + _TAIL).encode()
        yield (NET + _TAIL).replace('type: "Reduction"', 'type: "Dropout"').encode()
        yield (NET.replace('type: "BatchNorm"', 'type: "Scale"') + _TAIL).encode()

    def words(self) -> Iterable[str]:
        return schema_words(caffe_pb2.NetParameter)

    def read(self, data: bytes) -> None:
        net = self.file(data, "own.prototxt")
        with python_layers(allowed=False):
            read_own_net(request(net, self.scratch / "own.weights"))


def request(net: Path, weights: Path) -> OwnNetRequest:
    """A request for the class scores and one hint of the small net."""
    return OwnNetRequest("own", str(net), str(weights), "data", "ip", ("conv",), (3, 5, 7), 6)
