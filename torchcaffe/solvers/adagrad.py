"""AdaGrad."""

import torch

from torchcaffe.proto import caffe_pb2
from torchcaffe.solvers.sgd import Group, Rate, SGDSolver, Tensors
from torchcaffe.solvers.solver_error import SolverError


class AdaGradSolver(SGDSolver):
    """A rate for each element that falls with its gradients so far:

        h <- h + g^2,  w <- w - rate lr_mult g / (sqrt(h) + delta)

    It takes no momentum. Source: Caffe 1.0, `src/caffe/solvers/adagrad_solver.cpp`; Duchi et al. 2011.
    """

    type = "AdaGrad"

    def compute_update(self, group: Group, diffs: Tensors, rate: Rate) -> None:
        (history,) = group.history
        torch._foreach_add_(history, torch._foreach_mul(diffs, diffs))
        scale = torch._foreach_sqrt(history)
        torch._foreach_add_(scale, self.param.delta)
        torch._foreach_div_(diffs, scale)
        torch._foreach_mul_(diffs, rate)

    def _check_solver(self, param: caffe_pb2.SolverParameter) -> None:
        super()._check_solver(param)
        if param.momentum:
            raise SolverError(f"type {self.type} takes no momentum, got {param.momentum:g}: remove it")
