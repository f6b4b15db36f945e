"""A surgery YAML."""

from collections.abc import Iterable
from pathlib import Path

import yaml

from fuzz.reader import Reader
from fuzz.readers.protocol import words_of
from layerhint.surgery import assign, is_made, read_declaration

_GENERATED = Path(__file__).parents[2] / "generated"
_LAYERS = ["conv1", "res1_1/conv1", "res1_1/conv1/bn", "fc", "teacher/conv1", "teacher/res1_1/conv1"]


class SurgeryReader(Reader):
    text = True

    def seeds(self) -> Iterable[bytes]:
        yield from (path.read_bytes() for path in sorted(_GENERATED.glob("mnist/*/*/*_surgery.yaml"))[:6])

    def words(self) -> Iterable[str]:
        for data in self.seeds():
            yield from words_of(yaml.safe_load(data))

    def read(self, data: bytes) -> None:
        file = self.file(data, "surgery.yaml")
        is_made(file)
        assign(read_declaration(file), _LAYERS)
