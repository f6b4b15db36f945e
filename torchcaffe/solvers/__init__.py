"""Caffe's solvers, one file each.

`SOLVERS` maps a solver's `type` to its module, so that a run imports only the solver it uses.
"""

from importlib import import_module

from torchcaffe.nearest import did_you_mean
from torchcaffe.proto import caffe_pb2
from torchcaffe.solvers.sgd import SGDSolver
from torchcaffe.solvers.solver import Solver
from torchcaffe.solvers.solver_error import SolverError

__all__ = ["SOLVERS", "Solver", "SolverError", "create_solver", "solver_class"]

SOLVERS: dict[str, str] = {
    "AdaDelta": "adadelta",
    "AdaGrad": "adagrad",
    "Adam": "adam",
    "Nesterov": "nesterov",
    "RMSProp": "rmsprop",
    "SGD": "sgd",
}


def solver_class(solver_type: str) -> type[SGDSolver]:
    """The class of a solver type; `SolverError`, with the closest name, if there is no such type."""
    if solver_type not in SOLVERS:
        raise SolverError(
            f"there is no solver type '{solver_type}'.{did_you_mean(solver_type, SOLVERS)} "
            f"Known types: {', '.join(sorted(SOLVERS))}"
        )
    module = import_module(f"torchcaffe.solvers.{SOLVERS[solver_type]}")
    cls: type[SGDSolver] = getattr(module, f"{solver_type}Solver")
    return cls


def create_solver(param: caffe_pb2.SolverParameter) -> SGDSolver:
    """A solver of the type that `param` names, with its nets built. Raises as `Solver` does."""
    return solver_class(param.type)(param)
