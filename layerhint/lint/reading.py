"""From generated texts to the solvers and surgery files that the rules look at."""

from collections.abc import Mapping

from layerhint.errors import LayerhintError
from layerhint.nets.reading import UnreadableError
from layerhint.surgery.declaration import Declaration
from layerhint.validation import validated
from layerhint.yaml_io import parse_yaml
from torchcaffe.errors import ProtoError
from torchcaffe.proto.caffe_pb2 import SolverParameter
from torchcaffe.proto.text import parse_solver


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
