"""SGD with momentum, and the parts that all solvers share."""

from collections.abc import Sequence
from ctypes import c_float
from dataclasses import dataclass

import torch

from torchcaffe.fast.sgd.choice import choose_update
from torchcaffe.fast.sgd.function import Update
from torchcaffe.glog import logger, number
from torchcaffe.graph import Recorder
from torchcaffe.net_params import Param
from torchcaffe.proto import caffe_pb2
from torchcaffe.solvers.lr_policy import advance_step, check_lr_policy, learning_rate, next_step
from torchcaffe.solvers.solver import Solver
from torchcaffe.solvers.solver_error import SolverError

Tensors = list[torch.Tensor]
Rate = float | torch.Tensor


@dataclass(frozen=True)
class Group:
    """Params with the same multipliers, which are updated together. `history` has one list of the params' arrays
    for each array that the solver keeps for a param."""

    lr_mult: float
    decay_mult: float
    params: list[Param]
    history: list[Tensors]


class SGDSolver(Solver):
    """Stochastic gradient descent with momentum, the rate inside the history:

        h <- momentum h + rate lr_mult g,  w <- w - h

    Every solver here prepares the gradient g, the params' summed diffs, in this order: scale all of them by
    clip_gradients / ||g|| if ||g|| is larger than clip_gradients; divide by iter_size; add weight_decay decay_mult
    times w (L2) or sign(w) (L1). After the update a param's diff holds what was subtracted.

    A subclass overrides `compute_update`, and `arrays_per_param` if it does not keep exactly one.

    Source: Caffe 1.0, `src/caffe/solvers/sgd_solver.cpp`.
    """

    type = "SGD"
    arrays_per_param = 1

    def __init__(
        self,
        param: caffe_pb2.SolverParameter,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self._check_solver(param)
        super().__init__(param, device, dtype)
        learnable = self.net.params.learnable
        self.history = [torch.zeros_like(p.blob.data) for _ in range(self.arrays_per_param) for p in learnable]
        self._groups = self._group(learnable)
        self._fused: Update | None = None

    def compile(self, recorder: Recorder | None = None) -> None:
        super().compile(recorder)
        if type(self) is SGDSolver and self.param.regularization_type == "L2":
            self._fused = choose_update(self.net.place)

    def compute_update(self, group: Group, diffs: Tensors, rate: Rate) -> None:
        """Turns a group's gradients, in place, into the values to subtract from its params."""
        (history,) = group.history
        torch._foreach_mul_(history, self.param.momentum)
        torch._foreach_mul_(diffs, rate)
        torch._foreach_add_(history, diffs)
        torch._foreach_copy_(diffs, history)

    def count_update(self) -> None:
        rate = self.learning_rate()
        if self._every(self.param.display):
            logger.info("Iteration %d, lr = %s", self.iter, number(rate))
        self.iter += 1

    def update_params(self, rates: Sequence[Rate]) -> None:
        """Changes the params by their diffs, at a rate for each group: a number, or a 0-d tensor on the device."""
        self._clip_gradients()
        for group, rate in zip(self._groups, rates, strict=True):
            data = [param.blob.data for param in group.params]
            diffs = [param.blob.diff for param in group.params]
            share, decay = 1 / self.param.iter_size, self.param.weight_decay * group.decay_mult
            if self._fused and (self._fused.rate_on_device or isinstance(rate, float)):
                (history,) = group.history
                self._fused(data, diffs, history, share, decay, self.param.momentum, rate)
                continue
            if self.param.iter_size > 1:
                torch._foreach_mul_(diffs, self.real(share))
            self._regularize(data, diffs, self.real(decay))
            self.compute_update(group, diffs, rate)
            torch._foreach_sub_(data, diffs)

    def learning_rate(self) -> float:
        """The rate of the coming update, in the nets' precision; advances multistep if a step is due."""
        check_lr_policy(self.param)
        self.current_step = advance_step(self.param, self.iter, self.current_step)
        return self._rate(self.current_step)

    def coming_rates(self) -> list[float]:
        """The rate of each group of params in the coming update; does not advance multistep."""
        check_lr_policy(self.param)
        rate = self._rate(next_step(self.param, self.iter, self.current_step))
        return [self.local_rate(rate, group.lr_mult) for group in self._groups]

    def local_rate(self, rate: float, lr_mult: float) -> float:
        """The rate of params with a multiplier in the coming update, in the nets' precision."""
        return self.real(rate * lr_mult)

    def real(self, value: float) -> float:
        """A number rounded to the nets' precision, as Caffe computes with."""
        return value if self.net.place.dtype == torch.float64 else c_float(value).value

    def _rate(self, step: int) -> float:
        return self.real(learning_rate(self.param, self.iter, step, self.real))

    def _check_solver(self, param: caffe_pb2.SolverParameter) -> None:
        if param.regularization_type not in ("L1", "L2"):
            raise SolverError(f"regularization_type is '{param.regularization_type}': it must be L1 or L2")

    def _group(self, learnable: list[Param]) -> list[Group]:
        groups: dict[tuple[float, float], Group] = {}
        for i, param in enumerate(learnable):
            if param.is_frozen:
                continue
            lr_mult = 1.0 if param.lr_mult is None else param.lr_mult
            decay_mult = 1.0 if param.decay_mult is None else param.decay_mult
            empty = Group(lr_mult, decay_mult, [], [[] for _ in range(self.arrays_per_param)])
            group = groups.setdefault((lr_mult, decay_mult), empty)
            group.params.append(param)
            for k, tensors in enumerate(group.history):
                tensors.append(self.history[k * len(learnable) + i])
        return list(groups.values())

    def _clip_gradients(self) -> None:
        limit = self.param.clip_gradients
        diffs = [param.blob.diff for group in self._groups for param in group.params]
        if limit < 0 or not diffs:
            return
        norm = float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(diffs))))
        if norm > limit:
            scale = self.real(limit / norm)
            logger.info(
                "Gradient clipping: scaling down gradients (L2 norm %s > %s) by scale factor %s",
                number(norm),
                number(limit),
                number(scale),
            )
            torch._foreach_mul_(diffs, scale)

    def _regularize(self, data: Tensors, diffs: Tensors, decay: float) -> None:
        if decay:
            towards = data if self.param.regularization_type == "L2" else torch._foreach_sign(data)
            torch._foreach_add_(diffs, towards, alpha=decay)
