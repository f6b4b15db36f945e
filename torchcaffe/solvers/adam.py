"""Adam."""

import math

import torch

from torchcaffe.proto import caffe_pb2
from torchcaffe.solvers.sgd import Group, Rate, SGDSolver, Tensors
from torchcaffe.solvers.solver_error import SolverError


class AdamSolver(SGDSolver):
    """Running mean and mean square of the gradient, for momentum b1, momentum2 b2 and update number t:

        m <- b1 m + (1 - b1) g
        v <- b2 v + (1 - b2) g^2
        w <- w - rate lr_mult sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + delta)

    The history holds m of all params, then v of all params.
    Source: Caffe 1.0, `src/caffe/solvers/adam_solver.cpp`; Kingma and Ba 2014.
    """

    type = "Adam"
    arrays_per_param = 2

    def _check_solver(self, param: caffe_pb2.SolverParameter) -> None:
        super()._check_solver(param)
        for name in ("momentum", "momentum2"):
            if not 0 <= getattr(param, name) < 1:
                raise SolverError(f"{name} is {getattr(param, name):g}: Adam's must be at least 0 and below 1")

    def compute_update(self, group: Group, diffs: Tensors, rate: Rate) -> None:
        first, second = group.history
        beta1, beta2 = self.param.momentum, self.param.momentum2
        torch._foreach_mul_(first, beta1)
        torch._foreach_add_(first, diffs, alpha=self.real(1 - beta1))
        squares = torch._foreach_mul(diffs, diffs)
        torch._foreach_mul_(second, beta2)
        torch._foreach_add_(second, squares, alpha=self.real(1 - beta2))
        scale = torch._foreach_sqrt(second)
        torch._foreach_add_(scale, self.param.delta)
        update = torch._foreach_div(first, scale)
        torch._foreach_mul_(update, rate)
        torch._foreach_copy_(diffs, update)

    def local_rate(self, rate: float, lr_mult: float) -> float:
        """The rate, corrected for m and v starting from zero."""
        t = self.iter + 1
        correction = self.real(math.sqrt(1 - self.param.momentum2**t) / (1 - self.param.momentum**t))
        return self.real(super().local_rate(rate, lr_mult) * correction)
