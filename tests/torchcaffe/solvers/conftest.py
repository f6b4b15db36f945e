"""Small solvers whose gradients can be written down."""

import logging
from collections.abc import Callable, Iterator

import pytest
import torch

from torchcaffe.glog import logger
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net, parse_solver
from torchcaffe.solvers import Solver, solver_class

SolverMaker = Callable[..., Solver]


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """The messages that torchcaffe logs, from INFO up, as they come."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler = Keep(logging.INFO)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(before)


@pytest.fixture
def make_solver() -> SolverMaker:
    """Builds a solver from a net's and a solver's prototxt; the net goes into `net_param`."""

    def make(net: str, solver: str, dtype: torch.dtype = torch.float32) -> Solver:
        param = caffe_pb2.SolverParameter()
        param.CopyFrom(parse_solver(solver))
        param.net_param.CopyFrom(parse_net(net))
        return solver_class(param.type)(param, dtype=dtype)

    return make


@pytest.fixture
def pull(make_solver: SolverMaker) -> SolverMaker:
    """Builds a solver, in float64 if not told otherwise, whose net pulls params towards zero, with gradient w / 2.

    The params are of shape (2, 3), one for each of the `specs`; the loss is the sum of ||w||^2 / 4
    (EuclideanLoss: the sum of squares over twice the first axis).
    """

    def make(solver: str, *specs: str, dtype: torch.dtype = torch.float64) -> Solver:
        layers = ['layer { name: "zero" type: "DummyData" top: "zero" dummy_data_param { shape { dim: 2 dim: 3 } } }']
        for i, spec in enumerate(specs or ("",)):
            layers.append(
                f'layer {{ name: "w{i}" type: "Parameter" top: "w{i}" param {{ {spec} }} '
                f"parameter_param {{ shape {{ dim: 2 dim: 3 }} }} }} "
                f'layer {{ name: "loss{i}" type: "EuclideanLoss" bottom: "w{i}" bottom: "zero" top: "loss{i}" }}'
            )
        return make_solver("\n".join(layers), solver, dtype)

    return make
