"""A training by a real Caffe through its pycaffe: `python -m benchmarks.children.real_caffe DEVICE SOLVER WEIGHTS`."""

import sys
from importlib import import_module
from typing import Any

from benchmarks.children.gpu import number_of
from benchmarks.children.serve import Run, main


def build(device: str, arguments: list[str]) -> Run:
    solver_file, weights = arguments
    caffe: Any = import_module("caffe")
    number = number_of(device)
    if number is None:
        caffe.set_mode_cpu()
    else:
        caffe.set_device(number)
        caffe.set_mode_gpu()
    solver = caffe.SGDSolver(solver_file)
    solver.net.copy_from(weights)

    def run(iterations: int) -> None:
        solver.step(iterations)

    return run


if __name__ == "__main__":
    sys.exit(main(build))
