"""Prints which of its own kernels torchcaffe's fast path has on a device, in one line.

`python -m benchmarks.children.own_kernels DEVICE`. It is a process of its own: on a GPU it tries
kernels, and then holds GPU memory until it ends.
"""

import sys

import torch

from torchcaffe.fast.own_kernels import with_or_without


def main() -> int:
    print(with_or_without(torch.device(sys.argv[1]), torch.float32))
    return 0


if __name__ == "__main__":
    sys.exit(main())
