"""The learning rate as a function of the iteration: the solver's `lr_policy`."""

import math
from collections.abc import Callable

from torchcaffe.glog import logger
from torchcaffe.nearest import did_you_mean
from torchcaffe.proto import caffe_pb2
from torchcaffe.solvers.solver_error import SolverError

Real = Callable[[float], float]
Policy = Callable[[caffe_pb2.SolverParameter, int, int, Real], float]


def _fixed(param: caffe_pb2.SolverParameter, iteration: int, step: int, real: Real) -> float:
    return param.base_lr


def _steps(param: caffe_pb2.SolverParameter, iteration: int, step: int, real: Real) -> float:
    return param.base_lr * _power(param.gamma, step)


def _exp(param: caffe_pb2.SolverParameter, iteration: int, step: int, real: Real) -> float:
    return param.base_lr * _power(param.gamma, iteration)


def _inv(param: caffe_pb2.SolverParameter, iteration: int, step: int, real: Real) -> float:
    grown = real(1.0 + real(param.gamma * iteration))
    return param.base_lr * real(_power(grown, -param.power))


def _poly(param: caffe_pb2.SolverParameter, iteration: int, step: int, real: Real) -> float:
    left = real(1.0 - real(iteration / param.max_iter)) if param.max_iter else math.nan
    return param.base_lr * real(_power(left, param.power))


def _sigmoid(param: caffe_pb2.SolverParameter, iteration: int, step: int, real: Real) -> float:
    exponent = real(-param.gamma * (iteration - param.stepsize))
    try:
        rise = real(math.exp(exponent))
    except OverflowError:
        return 0.0
    return param.base_lr * real(1.0 / real(1.0 + rise))


def _power(base: float, exponent: float) -> float:
    """`pow` as C has it: infinity or not-a-number where Python raises."""
    try:
        return math.pow(base, exponent)
    except ZeroDivisionError:
        return math.inf
    except ValueError:
        return math.inf if base == 0 else math.nan
    except OverflowError:
        return math.inf


POLICIES: dict[str, Policy] = {
    "fixed": _fixed,
    "step": _steps,
    "exp": _exp,
    "inv": _inv,
    "multistep": _steps,
    "poly": _poly,
    "sigmoid": _sigmoid,
}
_USES_GAMMA = {"step", "exp", "inv", "multistep", "sigmoid"}
_USES_STEPSIZE = {"step", "sigmoid"}


def check_lr_policy(param: caffe_pb2.SolverParameter) -> None:
    """Refuses (`SolverError`) an unknown `lr_policy`, and one whose fields are out of range."""
    policy = param.lr_policy
    if not policy:
        raise SolverError(f"lr_policy is not given: set one of {', '.join(POLICIES)}")
    if policy not in POLICIES:
        raise SolverError(
            f"there is no lr_policy '{policy}'.{did_you_mean(policy, POLICIES)} Known: {', '.join(POLICIES)}"
        )
    if policy in _USES_GAMMA and param.gamma < 0:
        raise SolverError(f"lr_policy '{policy}' needs gamma >= 0, got {param.gamma:g}")
    if policy in _USES_STEPSIZE and param.stepsize <= 0:
        raise SolverError(f"lr_policy '{policy}' needs stepsize > 0, got {param.stepsize}")


def next_step(param: caffe_pb2.SolverParameter, iteration: int, step: int) -> int:
    """How often the rate has dropped by `iteration`; `step` is the number so far. Only step and multistep change it.

    As in Caffe, multistep adds at most 1 in each call.
    """
    if param.lr_policy == "step":
        return iteration // param.stepsize
    due = param.lr_policy == "multistep" and step < len(param.stepvalue)
    return step + 1 if due and iteration >= param.stepvalue[step] else step


def advance_step(param: caffe_pb2.SolverParameter, iteration: int, step: int) -> int:
    """`next_step`, logged where multistep moves on."""
    following = next_step(param, iteration, step)
    if param.lr_policy == "multistep" and following != step:
        logger.info("MultiStep Status: Iteration %d, step = %d", iteration, following)
    return following


def learning_rate(param: caffe_pb2.SolverParameter, iteration: int, step: int, real: Real = float) -> float:
    """The rate at an iteration after `step` drops, by `lr_policy` (b is base_lr, g gamma, i the iteration):

    - fixed: b
    - step, multistep: b g^step
    - exp: b g^i
    - inv: b (1 + g i)^(-power)
    - poly: b (1 - i / max_iter)^power
    - sigmoid: b / (1 + exp(-g (i - stepsize)))

    `real` rounds to the nets' precision. As in Caffe, inv, poly and sigmoid are computed in that precision; the
    powers g^step and g^i are not, and the caller must round the result.
    Source: Caffe 1.0, `src/caffe/solvers/sgd_solver.cpp`.
    """
    return POLICIES[param.lr_policy](param, iteration, step, real)
