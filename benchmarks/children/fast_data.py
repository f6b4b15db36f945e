"""torchcaffe's fast path that only reads data: `python -m benchmarks.children.fast_data cpu NET`.

A run reads a number of batches.
"""

import sys

from benchmarks.children.serve import Run, main
from torchcaffe.fast import compile_net
from torchcaffe.fast.allocator import keep_memory
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import read_net


def build(_: str, arguments: list[str]) -> Run:
    (net_file,) = arguments
    keep_memory()
    param = read_net(net_file)
    param.state.phase = caffe_pb2.TRAIN
    program = compile_net(Net(param))

    def run(batches: int) -> None:
        for _ in range(batches):
            program.forward()

    return run


if __name__ == "__main__":
    sys.exit(main(build))
