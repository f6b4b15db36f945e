"""Every lr_policy's values, worked out by hand from its formula."""

import math

import numpy as np
import pytest

from torchcaffe.proto.text import parse_solver
from torchcaffe.solvers.lr_policy import POLICIES, advance_step, check_lr_policy, learning_rate
from torchcaffe.solvers.solver_error import SolverError


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("lr_policy: 'fixed' base_lr: 0.5", {0: 0.5, 7: 0.5}),
        # 0.5 * 0.25^floor(i / 3)
        ("lr_policy: 'step' base_lr: 0.5 gamma: 0.25 stepsize: 3", {0: 0.5, 2: 0.5, 3: 0.125, 8: 0.03125}),
        # 0.5 * 0.5^i
        ("lr_policy: 'exp' base_lr: 0.5 gamma: 0.5", {0: 0.5, 1: 0.25, 4: 0.03125}),
        # 0.5 * (1 + 0.25 i)^-2: 1 + 3 = 4 at i = 12.
        ("lr_policy: 'inv' base_lr: 0.5 gamma: 0.25 power: 2", {0: 0.5, 4: 0.125, 12: 0.03125}),
        # 0.5 * (1 - i / 8)^2
        ("lr_policy: 'poly' base_lr: 0.5 power: 2 max_iter: 8", {0: 0.5, 4: 0.125, 8: 0.0}),
        # 0.5 / (1 + e^(-0.5 (i - 10)))
        (
            "lr_policy: 'sigmoid' base_lr: 0.5 gamma: 0.5 stepsize: 10",
            {10: 0.25, 14: 0.5 / (1 + math.exp(-2)), 6: 0.5 / (1 + math.exp(2))},
        ),
    ],
)
def test_rate(settings: str, expected: dict[int, float]) -> None:
    param = parse_solver(settings)
    check_lr_policy(param)
    for iteration, rate in expected.items():
        step = advance_step(param, iteration, 0)
        assert learning_rate(param, iteration, step) == pytest.approx(rate, rel=1e-7)


def test_multistep_drops_at_each_stepvalue_and_keeps_count() -> None:
    param = parse_solver("lr_policy: 'multistep' base_lr: 1 gamma: 0.5 stepvalue: 2 stepvalue: 3 stepvalue: 6")
    step, rates = 0, []
    for iteration in range(8):
        step = advance_step(param, iteration, step)
        rates.append(learning_rate(param, iteration, step))
    assert rates == [1, 1, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125]


def test_multistep_moves_one_step_at_a_time_as_caffe_does() -> None:
    """A run that begins beyond two stepvalues at once catches up in two iterations."""
    param = parse_solver("lr_policy: 'multistep' base_lr: 1 gamma: 0.5 stepvalue: 2 stepvalue: 3")
    first = advance_step(param, 10, 0)
    assert (first, advance_step(param, 11, first)) == (1, 2)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("base_lr: 1", "lr_policy is not given"),
        ("lr_policy: 'multi_step'", "Did you mean 'multistep'"),
        ("lr_policy: 'exp' gamma: -1", "gamma >= 0, got -1"),
        ("lr_policy: 'step' gamma: 1", "stepsize > 0, got 0"),
        ("lr_policy: 'sigmoid' gamma: 1 stepsize: -3", "stepsize > 0, got -3"),
    ],
)
def test_wrong_settings_are_refused(settings: str, said: str) -> None:
    with pytest.raises(SolverError, match=said):
        check_lr_policy(parse_solver(settings))


def test_rates_that_leave_the_numbers_do_not_raise() -> None:
    """C gives infinity, zero or not-a-number where Python raises."""
    assert learning_rate(parse_solver("lr_policy: 'exp' base_lr: 1 gamma: 1e30"), 100, 0) == math.inf
    beyond = parse_solver("lr_policy: 'poly' base_lr: 1 power: 0.5 max_iter: 2")
    assert math.isnan(learning_rate(beyond, 4, 0))  # The root of 1 - 4 / 2.
    sigmoid = parse_solver("lr_policy: 'sigmoid' base_lr: 1 gamma: 1 stepsize: 100000")
    assert learning_rate(sigmoid, 0, 0) == 0
    assert set(POLICIES) == {"fixed", "step", "exp", "inv", "multistep", "poly", "sigmoid"}


@pytest.mark.parametrize(
    ("settings", "iteration", "in_double", "in_float"),
    [
        # What the real Caffe (brocolli-caffe 9.0.2, float) left as the diff of a param with gradient 1.
        ("lr_policy: 'poly' base_lr: 0.01 power: 1 max_iter: 3000", 2999, 3.3333333e-06, 3.3330916e-06),
        ("lr_policy: 'inv' base_lr: 0.01 gamma: 0.0001 power: 0.75", 2, 0.0099985, 0.009998499),
        ("lr_policy: 'sigmoid' base_lr: 0.1 gamma: 0.013 stepsize: 1500", 0, 3.3982664e-10, 3.398268e-10),
    ],
)
def test_rounds_on_the_way_where_the_nets_are_float(
    settings: str, iteration: int, in_double: float, in_float: float
) -> None:
    def single(value: float) -> float:
        return float(np.float32(value))

    param = parse_solver(settings)
    assert single(learning_rate(param, iteration, 0)) == single(in_double)
    assert single(learning_rate(param, iteration, 0, single)) == single(in_float)
    assert single(in_float) != single(in_double)
