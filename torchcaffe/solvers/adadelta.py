"""AdaDelta."""

import torch

from torchcaffe.solvers.sgd import Group, Rate, SGDSolver, Tensors


class AdaDeltaSolver(SGDSolver):
    """Steps in the params' own units, for momentum m and delta d:

        h <- m h + (1 - m) g^2
        u <- g sqrt((s + d) / (h + d))
        s <- m s + (1 - m) u^2
        w <- w - rate lr_mult u

    The history holds h of all params, then s of all params.
    Source: Caffe 1.0, `src/caffe/solvers/adadelta_solver.cpp`; Zeiler 2012.
    """

    type = "AdaDelta"
    arrays_per_param = 2

    def compute_update(self, group: Group, diffs: Tensors, rate: Rate) -> None:
        gradients, updates = group.history
        self._blend(gradients, diffs)
        ratio = torch._foreach_add(updates, self.param.delta)
        torch._foreach_div_(ratio, torch._foreach_add(gradients, self.param.delta))
        torch._foreach_sqrt_(ratio)
        torch._foreach_mul_(diffs, ratio)
        self._blend(updates, diffs)
        torch._foreach_mul_(diffs, rate)

    def _blend(self, mean: Tensors, values: Tensors) -> None:
        """mean <- m mean + (1 - m) values^2."""
        momentum = self.param.momentum
        squares = torch._foreach_mul(values, values)
        torch._foreach_mul_(mean, momentum)
        torch._foreach_add_(mean, squares, alpha=self.real(1 - momentum))
