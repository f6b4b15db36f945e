"""The caffemodel of a user's own net."""

from pathlib import Path

from fuzz.readers.caffemodel import CaffemodelReader
from fuzz.readers.examples import NET
from fuzz.readers.own_net import request
from layerhint.trainings.own_net_file import read_own_net


class OwnWeightsReader(CaffemodelReader):
    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        self.net = self.file(NET.encode(), "own.prototxt")

    def read(self, data: bytes) -> None:
        read_own_net(request(self.net, self.file(data, "own.weights")))
