"""A training is not done again because it would run on another device."""

from layerhint.experiments.experiment import load_experiment
from layerhint.records.fingerprint import of_prototxt
from layerhint.rendering.render import render
from layerhint.steps.solver_text import of_solver

SOLVER = "generated/cifar10/resnet26/plain/solver.prototxt"


def test_cpu_and_gpu_are_one_solver() -> None:
    table = load_experiment("table1").with_methods(["kd"]).with_nets(1)
    gpu, cpu = render(table, mode="GPU")[SOLVER], render(table, mode="CPU")[SOLVER]
    assert gpu != cpu
    assert of_solver(cpu) == of_solver(gpu) == of_prototxt(gpu), "so records from before stay valid"


def test_whatever_else_a_solver_says_counts() -> None:
    assert of_solver("max_iter: 3\nsolver_mode: CPU\n") != of_solver("max_iter: 4\nsolver_mode: CPU\n")
