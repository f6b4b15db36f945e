"""Several trainings by torchcaffe's fast path: one after the other, or in lockstep as `caffe train` takes them.

`python -m benchmarks.children.several_trainings DEVICE WAY SOLVER WEIGHTS COUNT`; WAY is `apart` or `lockstep`.
"""

import sys

from benchmarks.children.serve import Run, main
from torchcaffe.fast.allocator import keep_memory
from torchcaffe.fast.common_pass import join
from torchcaffe.lockstep import Training
from torchcaffe.proto.text import read_solver
from torchcaffe.rng import global_rng_of_its_own
from torchcaffe.solvers import Solver, create_solver

_NO_END = 1_000_000_000  # In lockstep a solver runs to its max_iter, which start-up's solver has near.


def build(device: str, arguments: list[str]) -> Run:
    way, solver_file, weights, count = arguments
    keep_memory()
    solvers = [_solver(solver_file, weights) for _ in range(int(count))]
    return _apart(solvers) if way == "apart" else _lockstep(solvers)


def _solver(file: str, weights: str) -> Solver:
    param = read_solver(file)
    param.weights.append(weights)
    param.max_iter = _NO_END
    with global_rng_of_its_own():
        solver = create_solver(param)
    solver.compile()
    return solver


def _apart(solvers: list[Solver]) -> Run:
    def run(iterations: int) -> None:
        for solver in solvers:
            solver.step(iterations)

    return run


def _lockstep(solvers: list[Solver]) -> Run:
    join([solver.net for solver in solvers])
    trainings = [Training(str(number), solver) for number, solver in enumerate(solvers)]
    for training in trainings:
        training.run_as_member()

    def run(iterations: int) -> None:
        for _ in range(2 * iterations):  # Each iteration has two pauses: before it, and after it.
            for training in trainings:
                if not training.go_on():
                    raise RuntimeError(f"a training has ended: {training.failure or 'max_iter is reached'}")

    return run


if __name__ == "__main__":
    sys.exit(main(build))
