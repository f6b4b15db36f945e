"""Reads a generated text as a net."""

from collections.abc import Mapping

import torchcaffe as caffe
from layerhint.nets.generated_net import GeneratedNet
from layerhint.nets.net_shapes import CannotSetUpError, Shape, net_shapes
from torchcaffe.errors import ProtoError
from torchcaffe.proto.text import parse_net


class UnreadableError(Exception):
    """A generated file that is not what it should be; `layer` is the one at fault, or None for the file as a whole."""

    def __init__(
        self, file: str, layer: str | None, fault: str, remedy: str = "Correct the template that it is made from"
    ) -> None:
        self.file = file
        self.layer = layer
        self.fault = fault.removeprefix(file).lstrip(":, ")
        self.remedy = remedy
        super().__init__(f"{file}: {self.fault}. {remedy}")


def read_net(files: Mapping[str, str], file: str, image: Shape, trains: bool) -> GeneratedNet:
    """A net, set up in its phase for images (channels, height, width).

    Raises UnreadableError for text that is not a net, and for a net that Caffe refuses.
    """
    try:
        param = parse_net(files[file], file)
    except ProtoError as error:
        raise UnreadableError(file, None, str(error)) from None
    try:
        return GeneratedNet(file, param, net_shapes(param, caffe.TRAIN if trains else caffe.TEST, image))
    except CannotSetUpError as error:
        remedy = (
            "Correct the layer in its template: its bottoms, their shapes, its place among those that work in place"
        )
        raise UnreadableError(file, error.layer, f"Caffe cannot set it up: {error}", remedy) from None
