"""Which kernels of its own torchcaffe's fast path has on a device, in one line.

`python -m benchmarks.children.own_kernels DEVICE`. Asking tries one on a GPU, whose memory a process that has done so
holds until its end.
"""

import sys

import torch

from torchcaffe.fast.own_kernels import with_or_without


def main() -> int:
    print(with_or_without(torch.device(sys.argv[1]), torch.float32))
    return 0


if __name__ == "__main__":
    sys.exit(main())
