"""A run's record, read and written again."""

import json
from collections.abc import Iterable
from pathlib import Path

from fuzz.reader import MAX_BYTES, Reader
from layerhint.records.json_form import text_of
from layerhint.records.records import read_record

_KEPT = Path(__file__).parents[2] / "results"


class RecordReader(Reader):
    text = True

    def seeds(self) -> Iterable[bytes]:
        kinds: dict[str, bytes] = {}
        for path in sorted(_KEPT.glob("*/records/**/*.json")):
            content = path.read_bytes()
            if len(content) < MAX_BYTES:
                record = json.loads(content) | {"id": "x"}  # The id must be the name of its file, x.json.
                kinds.setdefault(record["kind"], json.dumps(record, indent=1).encode())
        yield from kinds.values()
        yield b'{"schema": 2, "id": "x", "kind": "started", "inputs": {}, "seconds": 1.5, "iterations": 3}'
        yield b'{"schema": 2, "id": "x", "kind": "failed", "cause": "x", "inputs": {}}'
        yield b'{"schema": 2, "id": "x", "kind": "experiment", "against": ' + b'{"against": ' * 5000

    def read(self, data: bytes) -> None:
        self.file(data, "x.json")
        record = read_record(self.scratch, "x")
        if record is not None:
            text_of("x", record)
