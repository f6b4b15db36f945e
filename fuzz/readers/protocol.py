"""A protocol's YAML."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from fuzz.reader import Reader
from layerhint.experiments.protocol_file import read_protocol

_PROTOCOLS = Path(__file__).parents[2] / "experiments" / "protocols"
_SOURCE = b"source:\n  folder: images\n  fit: crop\n  order: bgr\n  mean: [1, 2.5, 3]\n"


def words_of(value: object) -> Iterator[str]:
    """The keys and texts in a YAML value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from words_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words_of(inner)
    elif isinstance(value, str) and len(value) < 40:
        yield value


class ProtocolReader(Reader):
    text = True

    def seeds(self) -> Iterable[bytes]:
        for path in sorted(_PROTOCOLS.glob("*.yaml")):
            yield path.read_bytes()
            yield path.read_bytes() + _SOURCE

    def words(self) -> Iterable[str]:
        for data in self.seeds():
            yield from words_of(yaml.safe_load(data))

    def read(self, data: bytes) -> None:
        read_protocol(self.file(data, "protocol.yaml"))
