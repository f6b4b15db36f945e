"""RMSProp."""

import torch

from torchcaffe.proto import caffe_pb2
from torchcaffe.solvers.sgd import Group, Rate, SGDSolver, Tensors
from torchcaffe.solvers.solver_error import SolverError


class RMSPropSolver(SGDSolver):
    """The gradient over its running root mean square, for rms_decay r:

        h <- r h + (1 - r) g^2,  w <- w - rate lr_mult g / (sqrt(h) + delta)

    It takes no momentum. Source: Caffe 1.0, `src/caffe/solvers/rmsprop_solver.cpp`; Tieleman and Hinton 2012.
    """

    type = "RMSProp"

    def compute_update(self, group: Group, diffs: Tensors, rate: Rate) -> None:
        (history,) = group.history
        squares = torch._foreach_mul(diffs, diffs)
        torch._foreach_mul_(history, self.param.rms_decay)
        torch._foreach_add_(history, squares, alpha=self.real(1 - self.param.rms_decay))
        scale = torch._foreach_sqrt(history)
        torch._foreach_add_(scale, self.param.delta)
        torch._foreach_div_(diffs, scale)
        torch._foreach_mul_(diffs, rate)

    def _check_solver(self, param: caffe_pb2.SolverParameter) -> None:
        super()._check_solver(param)
        if param.momentum:
            raise SolverError(f"type {self.type} takes no momentum, got {param.momentum:g}: remove it")
        if not 0 <= param.rms_decay < 1:
            raise SolverError(f"rms_decay is {param.rms_decay:g}: it must be at least 0 and below 1")
