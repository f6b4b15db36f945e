"""Each solver's update against values by hand or against its formula, written out with numpy.

The net (fixture `pull`) has the gradient w / 2, so that every number below follows from w alone.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from torchcaffe.solvers import SOLVERS, Solver, SolverError, solver_class

Array = npt.NDArray[np.float64]

START = np.array([[1.0, -2.0, 0.5], [4.0, 0.25, -1.0]])


def set_params(solver: Solver, values: Array = START) -> None:
    for param in solver.net.params.learnable:
        param.blob.data.copy_(torch.from_numpy(values))


def params(solver: Solver) -> list[Array]:
    return [param.blob.data.numpy().copy() for param in solver.net.params.learnable]


def assert_close(got: Array, expected: Array) -> None:
    """Up to the rounding of the settings, which the prototxt holds in float32."""
    np.testing.assert_allclose(got, expected, rtol=2e-7, atol=0)


def test_sgd_carries_momentum_over_a_rate_drop(pull: Callable[..., Solver]) -> None:
    """w from 1 with rate 0.2, momentum 0.5, and rate 0.02 from iteration 2 on; gradient w / 2.

    h: 0.2 * 0.5 = 0.1; 0.05 + 0.2 * 0.45 = 0.14; 0.07 + 0.02 * 0.38 = 0.0776; 0.0388 + 0.02 * 0.3412 = 0.045624.
    With the rate outside the history, as PyTorch's SGD has it, the third step would be 0.0146.
    """
    solver = pull("base_lr: 0.2 momentum: 0.5 lr_policy: 'step' gamma: 0.1 stepsize: 2")
    set_params(solver, np.ones((2, 3)))
    for expected in (0.9, 0.76, 0.6824, 0.636776):
        solver.step(1)
        assert_close(params(solver)[0], np.full((2, 3), expected))


def test_sgd_leaves_the_update_in_the_diff_and_in_the_history(pull: Callable[..., Solver]) -> None:
    solver = pull("base_lr: 0.2 momentum: 0.5 lr_policy: 'fixed'")
    set_params(solver)
    solver.step(1)
    assert_close(solver.net.params.learnable[0].blob.diff.numpy(), 0.1 * START)
    assert_close(solver.history[0].numpy(), 0.1 * START)


def test_multipliers_decay_and_both_norms(pull: Callable[..., Solver]) -> None:
    """w <- w - 0.1 lr_mult (w / 2 + 0.25 decay_mult (w or sign w)), without momentum, once."""
    specs = ("lr_mult: 2 decay_mult: 0", "decay_mult: 4", "lr_mult: 0.5")
    l2 = pull("base_lr: 0.1 weight_decay: 0.25 lr_policy: 'fixed'", *specs)
    l1 = pull("base_lr: 0.1 weight_decay: 0.25 lr_policy: 'fixed' regularization_type: 'L1'", *specs)
    for solver, towards in ((l2, START), (l1, np.sign(START))):
        set_params(solver)
        solver.step(1)
        first, second, third = params(solver)
        assert_close(first, START - 0.2 * START / 2)
        assert_close(second, START - 0.1 * (START / 2 + towards))
        assert_close(third, START - 0.05 * (START / 2 + 0.25 * towards))


def test_sign_of_zero_is_zero(pull: Callable[..., Solver]) -> None:
    solver = pull("base_lr: 0.1 weight_decay: 0.25 lr_policy: 'fixed' regularization_type: 'L1'")
    set_params(solver, np.zeros((2, 3)))
    solver.step(1)
    assert not params(solver)[0].any()


def test_clip_scales_all_gradients_by_their_common_norm(pull: Callable[..., Solver], log_lines: list[str]) -> None:
    """Gradients of two params, each of norm 1.2247 (six times 0.5): sqrt(3) in all, clipped to 0.5."""
    solver = pull("base_lr: 1 lr_policy: 'fixed' clip_gradients: 0.5", "", "lr_mult: 0.5")
    set_params(solver, np.ones((2, 3)))
    solver.step(1)
    scaled = 0.5 * 0.5 / np.sqrt(3)
    assert_close(params(solver)[0], np.full((2, 3), 1 - scaled))
    assert_close(params(solver)[1], np.full((2, 3), 1 - 0.5 * scaled))
    said = "Gradient clipping: scaling down gradients (L2 norm 1.73205 > 0.5) by scale factor 0.288675"
    assert said in log_lines


def test_clip_leaves_a_smaller_gradient_alone(pull: Callable[..., Solver], log_lines: list[str]) -> None:
    solver = pull("base_lr: 1 lr_policy: 'fixed' clip_gradients: 2")
    set_params(solver, np.ones((2, 3)))
    solver.step(1)
    assert_close(params(solver)[0], np.full((2, 3), 0.5))
    assert not any("clipping" in line for line in log_lines)


def test_clip_to_zero_leaves_nothing_of_a_gradient(pull: Callable[..., Solver]) -> None:
    """Caffe clips wherever clip_gradients is not negative."""
    solver = pull("base_lr: 1 lr_policy: 'fixed' clip_gradients: 0")
    set_params(solver)
    solver.step(1)
    assert_close(params(solver)[0], START)


def test_iter_size_means_the_gradients_of_its_batches(pull: Callable[..., Solver]) -> None:
    """Clipping sees their sum: 3 * ||w / 2|| = 3.674 for w = 1, clipped to 1, then divided by 3; decay after that."""
    solver = pull("base_lr: 1 lr_policy: 'fixed' iter_size: 3")
    set_params(solver)
    solver.step(1)
    assert_close(params(solver)[0], START / 2)
    clipped = pull("base_lr: 1 lr_policy: 'fixed' iter_size: 3 clip_gradients: 1 weight_decay: 0.125")
    set_params(clipped, np.ones((2, 3)))
    clipped.step(1)
    assert_close(params(clipped)[0], np.full((2, 3), 1 - (1 / np.sqrt(6) / 3 + 0.125)))


def test_the_fast_path_makes_the_same_updates(pull: Callable[..., Solver]) -> None:
    """By a kernel, where there is a compiler."""
    specs = ("lr_mult: 2 decay_mult: 0", "decay_mult: 4", "lr_mult: 0.5")
    settings = "base_lr: 0.1 momentum: 0.5 weight_decay: 0.25 lr_policy: 'fixed' iter_size: 3 clip_gradients: 2"
    plain, fast = (pull(settings, *specs, dtype=torch.float32) for _ in range(2))
    fast.compile()
    for solver in (plain, fast):
        set_params(solver)
        solver.step(3)
    for got, expected in zip(params(fast), params(plain), strict=True):
        np.testing.assert_allclose(got, expected, rtol=2e-6)


def nesterov(w: Array) -> Iterator[Array]:
    h = np.zeros_like(w)
    while True:
        before, h = h, 0.75 * h + 0.1 * w / 2
        w = w - (1.75 * h - 0.75 * before)
        yield w


def adagrad(w: Array) -> Iterator[Array]:
    h = np.zeros_like(w)
    while True:
        g = w / 2
        h = h + g**2
        w = w - 0.1 * g / (np.sqrt(h) + 0.0625)
        yield w


def rmsprop(w: Array) -> Iterator[Array]:
    h = np.zeros_like(w)
    while True:
        g = w / 2
        h = 0.75 * h + 0.25 * g**2
        w = w - 0.1 * g / (np.sqrt(h) + 0.0625)
        yield w


def adadelta(w: Array) -> Iterator[Array]:
    h, s = np.zeros_like(w), np.zeros_like(w)
    while True:
        g = w / 2
        h = 0.75 * h + 0.25 * g**2
        u = g * np.sqrt((s + 0.0625) / (h + 0.0625))
        s = 0.75 * s + 0.25 * u**2
        w = w - 0.1 * u
        yield w


def adam(w: Array) -> Iterator[Array]:
    m, v, t = np.zeros_like(w), np.zeros_like(w), 0
    while True:
        t += 1
        g = w / 2
        m = 0.75 * m + 0.25 * g
        v = 0.9375 * v + 0.0625 * g**2
        w = w - 0.1 * np.sqrt(1 - 0.9375**t) / (1 - 0.75**t) * m / (np.sqrt(v) + 0.0625)
        yield w


@pytest.mark.parametrize(
    ("settings", "formula"),
    [
        ("type: 'Nesterov' momentum: 0.75", nesterov),
        ("type: 'AdaGrad' delta: 0.0625", adagrad),
        ("type: 'RMSProp' rms_decay: 0.75 delta: 0.0625", rmsprop),
        ("type: 'AdaDelta' momentum: 0.75 delta: 0.0625", adadelta),
        ("type: 'Adam' momentum: 0.75 momentum2: 0.9375 delta: 0.0625", adam),
    ],
)
def test_update_follows_its_formula(
    pull: Callable[..., Solver], settings: str, formula: Callable[[Array], Iterator[Array]]
) -> None:
    """Two params with one rate, and a third of half the rate, whose own formula is not checked here."""
    solver = pull(f"base_lr: 0.1 lr_policy: 'fixed' {settings}", "", "", "lr_mult: 0.5")
    set_params(solver)
    expected = formula(START)
    for _ in range(5):
        solver.step(1)
        values = next(expected)
        first, second, third = params(solver)
        assert_close(first, values)
        assert_close(second, values)
        assert (np.abs(third - values) > 1e-3).any()


@pytest.mark.parametrize("solver_type", SOLVERS)
def test_frozen_params_keep_every_bit(pull: Callable[..., Solver], solver_type: str) -> None:
    settings = f"type: '{solver_type}' base_lr: 0.1 lr_policy: 'fixed' weight_decay: 0.5 clip_gradients: 1"
    solver = pull(settings, "lr_mult: 0 decay_mult: 0", "lr_mult: 0", "")
    start = np.array([[-0.0, np.pi, 1e-40], [1e38, -1.0, 3.0]])  # A denormal float32 among them.
    set_params(solver, start)
    solver.net.params.learnable[2].blob.data.fill_(1)
    solver.step(3)
    frozen, rate_zero, learning = params(solver)
    assert frozen.tobytes() == start.tobytes()
    assert (rate_zero == start).all()
    assert (learning != 1).all()
    histories = solver.history[0::3]
    assert not any(tensor.any() for tensor in histories)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("type: 'Adagrad'", "no solver type 'Adagrad'. Did you mean 'AdaGrad'"),
        ("type: 'AdaGrad' momentum: 0.5", "AdaGrad takes no momentum, got 0.5"),
        ("type: 'RMSProp' momentum: 0.5", "RMSProp takes no momentum, got 0.5"),
        ("type: 'RMSProp' rms_decay: 1", "rms_decay is 1"),
        ("regularization_type: 'L3'", "regularization_type is 'L3'"),
        ("average_loss: 0", "average_loss is 0"),
        ("iter_size: 0", "iter_size is 0"),
    ],
)
def test_wrong_settings_are_refused(pull: Callable[..., Solver], settings: str, said: str) -> None:
    with pytest.raises(SolverError, match=said.replace(".", r"\.")):
        pull(f"base_lr: 0.1 lr_policy: 'fixed' {settings}")


def test_every_type_has_its_class() -> None:
    assert {name: solver_class(name).type for name in SOLVERS} == {name: name for name in SOLVERS}


def test_a_frozen_owner_whose_sharer_asks_for_the_gradient(pull: Callable[..., Solver], log_lines: list[str]) -> None:
    """The gradient w / 2 of the sharer is there at each iteration anew, and part of the norm; nothing moves by it.

    Norms: the shared w's 6 values of 0.5 and the other's, sqrt(12 * 0.25) = 1.7320508.
    """
    specs = ("name: 'w' lr_mult: 0 decay_mult: 0", "name: 'w'", "lr_mult: 0 decay_mult: 0", "lr_mult: 1")
    solver = pull("base_lr: 0.1 lr_policy: 'fixed' clip_gradients: 100", *specs)
    set_params(solver, np.ones((2, 3)))
    diffs: list[Array] = []
    solver.on_gradients_ready.append(lambda: diffs.append(solver.net.params.learnable[0].blob.diff.numpy().copy()))
    solver.step(3)
    assert [diff.tolist() for diff in diffs] == [np.full((2, 3), 0.5).tolist()] * 3
    assert (params(solver)[0] == 1).all()
    solver.param.clip_gradients = 0.5
    set_params(solver, np.ones((2, 3)))
    solver.step(1)
    assert [line for line in log_lines if "clipping" in line] == [
        "Gradient clipping: scaling down gradients (L2 norm 1.73205 > 0.5) by scale factor 0.288675"
    ]
    assert [param.is_frozen for param in solver.net.params.learnable] == [False, True, False]


def test_a_python_layers_param_is_never_taken_for_frozen(
    make_solver: Callable[..., Solver], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its class adds to the diff whatever the multipliers say."""
    (tmp_path / "adds_one.py").write_text(
        "import torchcaffe as caffe\n"
        "class AddsOne(caffe.Layer):\n"
        "    def setup(self, bottom, top): self.blobs.add_blob(2)\n"
        "    def reshape(self, bottom, top): top[0].reshape(1)\n"
        "    def forward(self, bottom, top): top[0].data[...] = 1\n"
        "    def backward(self, top, propagate_down, bottom): self.blobs[0].diff[...] += 1\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    solver = make_solver(
        'layer { name: "p" type: "Python" top: "p" loss_weight: 1 param { lr_mult: 0 decay_mult: 0 } '
        'python_param { module: "adds_one" layer: "AddsOne" } } '
        'layer { name: "w" type: "Parameter" top: "w" parameter_param { shape { dim: 2 } } } '
        'layer { name: "l" type: "Eltwise" bottom: "w" bottom: "w" top: "l" loss_weight: 1 }',
        "base_lr: 0.1 lr_policy: 'fixed'",
    )
    assert [param.is_frozen for param in solver.net.params.learnable] == [False, False]
