"""A net's prototxt, and the net built from it in either phase."""

from collections.abc import Iterable
from pathlib import Path

from fuzz.reader import Reader
from fuzz.readers.examples import NET, OLD_NETS, layer_samples, schema_words
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import read_net
from torchcaffe.python_layers import python_layers

_GENERATED = Path(__file__).parents[2] / "generated"
_SAMPLES = ("mnist/*/plain/deploy.prototxt", "mnist/*/proposed/g1_train.prototxt", "mnist/*/kd/stage2_train.prototxt")


class NetReader(Reader):
    """HDF5Output layers are left out: they write where the prototxt says, as Caffe's do."""

    text = True

    def seeds(self) -> Iterable[bytes]:
        yield NET.encode()
        yield from (text.encode() for text in (*OLD_NETS, *layer_samples()))
        for pattern in _SAMPLES:
            yield from (path.read_bytes()[:20000] for path in sorted(_GENERATED.glob(pattern))[:1])

    def words(self) -> Iterable[str]:
        return schema_words(caffe_pb2.NetParameter)

    def read(self, data: bytes) -> None:
        param = read_net(self.file(data, "net.prototxt"))
        kept = [layer for layer in param.layer if layer.type != "HDF5Output"]
        del param.layer[:]
        param.layer.extend(kept)
        with python_layers(allowed=False):
            Net(param)
