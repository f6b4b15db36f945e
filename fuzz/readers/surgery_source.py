"""A caffemodel that surgery takes params from."""

from pathlib import Path

import torchcaffe as caffe
from fuzz.readers.caffemodel import CaffemodelReader
from fuzz.readers.examples import NET
from layerhint.surgery.surgery import perform

_DECLARATION = """
net: {folder}/net.prototxt
seed: 11
output: {folder}/merged.caffemodel
sources:
  - weights: {folder}/source.caffemodel
    layers: [conv, bn]
random: [a/ip]
"""


class SurgerySourceReader(CaffemodelReader):
    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        self.file(NET.encode(), "net.prototxt")
        self.declaration = self.file(_DECLARATION.format(folder=scratch).encode(), "surgery.yaml")

    def read(self, data: bytes) -> None:
        self.file(data, "source.caffemodel")
        perform(caffe, self.declaration)
