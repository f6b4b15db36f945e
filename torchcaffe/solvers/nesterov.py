"""Nesterov's accelerated gradient."""

import torch

from torchcaffe.solvers.sgd import Group, Rate, SGDSolver, Tensors


class NesterovSolver(SGDSolver):
    """SGD that looks ahead, for momentum m: h' <- m h + rate lr_mult g,  w <- w - ((1 + m) h' - m h).

    Source: Caffe 1.0, `src/caffe/solvers/nesterov_solver.cpp`; Nesterov 1983.
    """

    type = "Nesterov"

    def compute_update(self, group: Group, diffs: Tensors, rate: Rate) -> None:
        (history,) = group.history
        momentum = self.param.momentum
        back = torch._foreach_mul(history, -momentum)
        torch._foreach_mul_(history, momentum)
        torch._foreach_mul_(diffs, rate)
        torch._foreach_add_(history, diffs)
        torch._foreach_add_(back, history, alpha=self.real(1 + momentum))
        torch._foreach_copy_(diffs, back)
