"""Several trainings by torchcaffe's fast path: one after the other, or in lockstep as by `caffe train`.

`python -m benchmarks.children.several_trainings DEVICE WAY SOLVER WEIGHTS COUNT PRECISION`; WAY is `apart` or
`lockstep`.
"""

import sys

from benchmarks.children.gpu import number_of
from benchmarks.children.serve import Run, main
from torchcaffe import mode
from torchcaffe.fast.allocator import keep_memory
from torchcaffe.graph import take_all_queues
from torchcaffe.lockstep import Lockstep, Training
from torchcaffe.precision import Precision
from torchcaffe.proto.text import read_solver
from torchcaffe.rng import global_rng_of_its_own
from torchcaffe.signals import Action
from torchcaffe.solvers import Solver, create_solver

_NO_END = 1_000_000_000  # In lockstep a solver runs to max_iter; the prepared solver has 1, for start-up.


def build(device: str, arguments: list[str]) -> Run:
    way, solver_file, weights, count, precision = arguments
    number = number_of(device)
    if number is not None:
        mode.set_device(number)
        mode.set_mode_gpu()
    mode.set_precision(Precision(precision))
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
    trainings = [Training(str(number), solver) for number, solver in enumerate(solvers)]
    rounds = Lockstep(trainings, lambda: Action.NONE).rounds()

    def run(iterations: int) -> None:
        for _ in range(iterations):
            next(rounds, None)
            for training in trainings:
                if training.failure is not None:
                    raise training.failure
                if training.solver.iter >= training.solver.param.max_iter:
                    raise RuntimeError("a training has ended: max_iter is reached")

    return run


if __name__ == "__main__":
    take_all_queues()
    sys.exit(main(build))
