"""torchcaffe that trains as `caffe train` does.

`python -m benchmarks.children.torchcaffe_training PATH SOLVER WEIGHTS`; PATH is `plain` or `fast`.
"""

import sys

from benchmarks.children.serve import Run, main
from torchcaffe.fast.allocator import keep_memory
from torchcaffe.proto.text import read_solver
from torchcaffe.solvers import create_solver


def build(arguments: list[str]) -> Run:
    path, solver_file, weights = arguments
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
