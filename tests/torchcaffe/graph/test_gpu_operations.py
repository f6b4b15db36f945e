"""The operations of a GPU, on the CPU, against the plain layers: in float64, where rounding hides nothing."""

import pytest
import torch


@pytest.mark.parametrize(
    "training",
    [
        "resnet8/plain/solver",
        "resnet14-resnet8/kd/net1_solver",
        pytest.param("resnet26-resnet8/concurrent/stage1_solver", marks=pytest.mark.slow),
        pytest.param("resnet8/sl-resnet/s2_solver", marks=pytest.mark.slow),
    ],
)
def test_two_iterations(training, open_solver, tape):
    plain, fast = (open_solver(training, dtype=torch.float64) for _ in range(2))
    fast.compile(tape)
    for solver in (plain, fast):
        solver.step(2)
    for name, a, b in zip(plain.net.blob_names, plain.net.blobs, fast.net.blobs, strict=True):
        assert distance(b.data, a.data) < 1e-9, name
    for a, b in zip(plain.net.layers, fast.net.layers, strict=True):
        for mine, theirs in zip(a.blobs, b.blobs, strict=True):
            assert distance(theirs.data, mine.data) < 1e-9, a.name
            assert distance(theirs.diff, mine.diff) < 1e-8, a.name


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    """||a - b|| / ||b||, or ||a|| where b is zero."""
    return float((a - b).norm() / (b.norm() or 1))
