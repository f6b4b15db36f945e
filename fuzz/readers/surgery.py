"""A surgery YAML."""

from collections.abc import Iterable
from pathlib import Path

import yaml

from fuzz.reader import Reader
from fuzz.readers.protocol import words_of
from layerhint.surgery.declaration import read_declaration
from layerhint.surgery.surgery import assign, is_made
from torchcaffe.proto.text import read_net

_GENERATED = Path(__file__).parents[2] / "generated"
_WITH_PARAMS = ("Convolution", "BatchNorm", "Scale", "InnerProduct")


class SurgeryReader(Reader):
    """Assigns an origin to each layer of the first seed's net, whatever net an input names."""

    text = True

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        first = read_declaration(self.file(next(iter(self.seeds())), "first.yaml"))
        net = read_net(_GENERATED.parent / first.net)
        self.layers = [layer.name for layer in net.layer if layer.type in _WITH_PARAMS]

    def seeds(self) -> Iterable[bytes]:
        yield from (path.read_bytes() for path in sorted(_GENERATED.glob("mnist/*/*/*_surgery.yaml"))[:6])

    def words(self) -> Iterable[str]:
        for data in self.seeds():
            yield from words_of(yaml.safe_load(data))

    def read(self, data: bytes) -> None:
        file = self.file(data, "surgery.yaml")
        is_made(file)
        assign(read_declaration(file), self.layers)
