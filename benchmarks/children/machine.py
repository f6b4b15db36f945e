"""What the machine can do at this moment: `python -m benchmarks.children.machine`.

A run gives `flops`, the rate of the best of several matrix products, and `bytes`, what a copy of arrays that fit no
cache reads and writes, both a second.
"""

import sys
from time import perf_counter

import torch

from benchmarks.children.serve import Run, main

_SHAPES = ((1024, 1024, 1024), (2048, 2048, 2048), (8192, 256, 2048), (16384, 64, 576))
_COPIED = 128 << 20  # Bytes.
_SECONDS = 0.1


def build(arguments: list[str]) -> Run:
    products = [_product(*shape) for shape in _SHAPES]
    for product in products:
        product(2)  # Memory and threads are there from then on.
    best = max(range(len(_SHAPES)), key=lambda i: _flops(products[i], _SHAPES[i]))
    source, target = torch.ones(_COPIED // 4), torch.zeros(_COPIED // 4)

    def copy(times: int) -> None:
        for _ in range(times):
            target.copy_(source)

    def run(_: int) -> dict[str, object]:
        flops = _flops(products[best], _SHAPES[best])
        return {"flops": flops, "bytes": 2 * _COPIED / _seconds(copy), "shape": _SHAPES[best]}

    return run


def _product(m: int, n: int, k: int) -> Run:
    a, b, out = torch.rand(m, k), torch.rand(k, n), torch.empty(m, n)

    def multiply(times: int) -> None:
        for _ in range(times):
            torch.mm(a, b, out=out)

    return multiply


def _flops(product: Run, shape: tuple[int, int, int]) -> float:
    m, n, k = shape
    return 2 * m * n * k / _seconds(product)


def _seconds(run: Run) -> float:
    """The time of one of as many runs as take about a tenth of a second."""
    start = perf_counter()
    run(1)
    times = max(1, round(_SECONDS / (perf_counter() - start)))
    start = perf_counter()
    run(times)
    return (perf_counter() - start) / times


if __name__ == "__main__":
    sys.exit(main(build))
