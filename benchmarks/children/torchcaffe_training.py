"""A training by torchcaffe, as `caffe train` does it.

`python -m benchmarks.children.torchcaffe_training DEVICE PATH SOLVER WEIGHTS PRECISION`; PATH is `plain` or `fast`.
"""

import sys

from benchmarks.children.gpu import number_of
from benchmarks.children.serve import Run, main
from torchcaffe import mode
from torchcaffe.fast.allocator import keep_memory
from torchcaffe.precision import Precision
from torchcaffe.proto.text import read_solver
from torchcaffe.solvers import create_solver


def build(device: str, arguments: list[str]) -> Run:
    path, solver_file, weights, precision = arguments
    number = number_of(device)
    if number is not None:
        mode.set_device(number)
        mode.set_mode_gpu()
    mode.set_precision(Precision(precision))
    param = read_solver(solver_file)
    param.weights.append(weights)
    solver = create_solver(param)
    if path == "fast":
        keep_memory()
        solver.compile()

    def run(iterations: int) -> None:
        solver.step(iterations)

    return run


if __name__ == "__main__":
    sys.exit(main(build))
