"""Solver types, learning rate policies and options: 200 iterations from the same weights, against the real Caffe."""

from collections.abc import Callable
from pathlib import Path

import bounds
import numpy as np
import pytest
import torch
from engines import distance, results_of_real
from trainings import ITERATIONS, run, write_scene, write_solver

from layerhint.realcaffe.find import RealCaffe

pytestmark = pytest.mark.parity

# Each type with the momentum that it takes, at a rate at which it learns without chaos.
TYPES = {
    "SGD": "base_lr: 0.03 momentum: 0.9",
    "Nesterov": "base_lr: 0.03 momentum: 0.9",
    "AdaGrad": "base_lr: 0.05",
    "RMSProp": "base_lr: 0.003 rms_decay: 0.95",
    "AdaDelta": "base_lr: 1 momentum: 0.95 delta: 1e-5",
    "Adam": "base_lr: 0.01 momentum: 0.9 momentum2: 0.99",
}
MULTISTEP = 'lr_policy: "multistep" gamma: 0.3 stepvalue: 70 stepvalue: 140'
POLICIES = {
    "fixed": "",
    "step": "gamma: 0.5 stepsize: 45",
    "exp": "gamma: 0.98",
    "inv": "gamma: 0.1 power: 0.75",
    "multistep": "gamma: 0.1 stepvalue: 60 stepvalue: 130",
    "poly": f"power: 1.5 max_iter: {ITERATIONS}",
    "sigmoid": "gamma: 0.1 stepsize: 90",
}
OPTIONS = {
    "L1": 'weight_decay: 0.002 regularization_type: "L1"',
    "L2": "weight_decay: 0.02",
    "iter_size": "iter_size: 3 weight_decay: 0.01",
    "clip_gradients": "clip_gradients: 0.2",
    "all": 'iter_size: 2 clip_gradients: 0.3 weight_decay: 0.002 regularization_type: "L1"',
}


def cases() -> dict[str, tuple[str, str]]:
    """Name of each case, its net and its settings."""
    found = {
        f"{kind}, multistep, L2": ("plain", f'type: "{kind}" {text} {MULTISTEP} weight_decay: 0.01')
        for kind, text in TYPES.items()
    }
    for policy, text in POLICIES.items():
        found[f"SGD, {policy}"] = ("plain", f'type: "SGD" {TYPES["SGD"]} lr_policy: "{policy}" {text}')
    for kind in ("SGD", "Adam"):
        start = f'type: "{kind}" {TYPES[kind]} lr_policy: "fixed"'
        for option, text in OPTIONS.items():
            found[f"{kind}, {option}"] = ("plain", f"{start} {text}")
        found[f"{kind}, lr_mult, decay_mult"] = ("multiplied", f"{start} weight_decay: 0.02")
        found[f"{kind}, shared params"] = ("shared", f"{start} weight_decay: 0.02")
        found[f"{kind}, frozen owner of shared params"] = ("frozen owner", f"{start} {OPTIONS['all']}")
    found["SGD, all, lr_mult, decay_mult"] = ("multiplied", f'type: "SGD" {TYPES["SGD"]} {MULTISTEP} {OPTIONS["all"]}')
    return found


CASES = cases()


@pytest.fixture(scope="module")
def folder(real: RealCaffe, device: torch.device, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("solvers")
    write_scene(folder)
    run("caffe", real, folder, [job(folder, name, "caffe") for name in CASES], device)
    return folder


def job(folder: Path, name: str, engine: str) -> dict[str, object]:
    net, settings = CASES[name]
    solver = write_solver(folder, name, net, settings, engine)
    weights = f"{net}.caffemodel"
    return {"name": f"{name} {engine}", "solver": solver, "weights": weights, "iterations": ITERATIONS}


@pytest.mark.parametrize("name", CASES)
def test_losses_and_params(
    name: str, folder: Path, real: RealCaffe, device: torch.device, record: Callable[[str, str, str, float], None]
) -> None:
    want = results_of_real(folder, f"{name} caffe")
    run("torch", real, folder, [job(folder, name, "torch")], device)
    got = dict(np.load(folder / f"{name} torch.out.npz"))
    apart = np.abs(got["losses"] / want["losses"] - 1)
    params = {key: distance(got[key], want[key]) for key in want if key.startswith("end ")}
    record("solvers", name, "losses", apart.max())
    record("solvers", name, "params", max(params.values()))
    assert len(want["losses"]) == ITERATIONS
    assert apart.max() < bounds.LOSSES
    assert max(params.values()) < bounds.LOSSES


def test_the_cases_differ_by_more_than_the_bound(folder: Path) -> None:
    """What a case is about shows in its losses: none would pass with another's solver."""
    curves = {name: results_of_real(folder, f"{name} caffe")["losses"] for name in CASES}
    near = [
        (a, b) for a in CASES for b in CASES if a < b and np.abs(curves[a] / curves[b] - 1).max() < 10 * bounds.LOSSES
    ]
    # The policy of the one is the option of the other.
    assert near == []
