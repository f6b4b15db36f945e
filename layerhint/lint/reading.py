"""From generated texts to what the rules look at."""

from collections.abc import Mapping

import torchcaffe as caffe
from layerhint.errors import LayerhintError
from layerhint.lint.finding import Finding
from layerhint.lint.generated_net import GeneratedNet
from layerhint.lint.net_shapes import CannotSetUpError, Shape, net_shapes
from layerhint.surgery.declaration import Declaration
from layerhint.validation import validated
from layerhint.yaml_io import parse_yaml
from torchcaffe.errors import ProtoError
from torchcaffe.proto.caffe_pb2 import SolverParameter
from torchcaffe.proto.text import parse_net, parse_solver

_TEMPLATE = "Correct the template that it is made from"


class UnreadableError(Exception):
    """A file that no rule can look at; `finding` says why."""

    def __init__(self, file: str, layer: str | None, fault: str, remedy: str = _TEMPLATE) -> None:
        self.finding = Finding(file, layer, fault.removeprefix(file).lstrip(":, "), remedy)
        super().__init__(str(self.finding))


def read_net(files: Mapping[str, str], file: str, image: Shape, trains: bool) -> GeneratedNet:
    """A net, set up in its phase for images (channels, height, width).

    Raises UnreadableError for text that is no net, and a net that Caffe refuses.
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


def read_solver(files: Mapping[str, str], file: str) -> SolverParameter:
    """A solver. Raises UnreadableError for text that is none."""
    try:
        return parse_solver(files[file], file)
    except ProtoError as error:
        raise UnreadableError(file, None, str(error)) from None


def read_surgery(files: Mapping[str, str], file: str) -> Declaration:
    """A surgery file. Raises UnreadableError for text that is none."""
    try:
        return validated(Declaration, parse_yaml(files[file], file), file)
    except LayerhintError as error:
        raise UnreadableError(file, None, str(error)) from None
