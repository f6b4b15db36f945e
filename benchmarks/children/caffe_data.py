"""A Caffe that only reads data: `python -m benchmarks.children.caffe_data cpu MODULE NET`.

MODULE is the pycaffe to import: `torchcaffe`, or `caffe` for the real one. A run reads a number of batches.
"""

import sys
from importlib import import_module
from typing import Any

from benchmarks.children.serve import Run, main


def build(_: str, arguments: list[str]) -> Run:
    module, net_file = arguments
    caffe: Any = import_module(module)
    caffe.set_mode_cpu()
    net = caffe.Net(net_file, caffe.TRAIN)

    def run(batches: int) -> None:
        for _ in range(batches):
            net.forward()

    return run


if __name__ == "__main__":
    sys.exit(main(build))
