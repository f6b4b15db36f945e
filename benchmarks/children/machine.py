"""Measures how fast the machine is at this moment: `python -m benchmarks.children.machine DEVICE`.

A run returns two rates a second: `flops`, of the fastest of several float32 matrix products, and `bytes`, read and
written by a copy of arrays that fit into no cache.
"""

import sys
from collections.abc import Callable
from time import perf_counter

import torch

from benchmarks.children.serve import Run, main
from benchmarks.children.torch_device import settle

_SHAPES = {
    "cpu": ((1024, 1024, 1024), (2048, 2048, 2048), (8192, 256, 2048), (16384, 64, 576)),
    "cuda": ((2048, 2048, 2048), (4096, 4096, 4096), (8192, 8192, 8192)),
}
_COPIED = {"cpu": 128 << 20, "cuda": 1 << 30}  # Bytes.
_SECONDS = 0.1

Times = Callable[[int], None]


def build(device: str, _: list[str]) -> Run:
    place = settle(device, "float32")
    shapes = _SHAPES[place.type]
    products = [_product(*shape, place) for shape in shapes]
    for product in products:
        product(2)  # Takes memory and starts threads.
    best = max(range(len(shapes)), key=lambda i: _flops(products[i], shapes[i]))
    copied = _COPIED[place.type]
    source, target = torch.ones(copied // 4, device=place), torch.zeros(copied // 4, device=place)

    def copy(times: int) -> None:
        for _ in range(times):
            target.copy_(source)
        _wait(target)

    def run(_: int) -> dict[str, object]:
        flops = _flops(products[best], shapes[best])
        return {"flops": flops, "bytes": 2 * copied / _seconds(copy), "shape": shapes[best]}

    return run


def _product(m: int, n: int, k: int, place: torch.device) -> Times:
    a, b = torch.rand(m, k, device=place), torch.rand(k, n, device=place)
    out = torch.empty(m, n, device=place)

    def multiply(times: int) -> None:
        for _ in range(times):
            torch.mm(a, b, out=out)
        _wait(out)

    return multiply


def _wait(result: torch.Tensor) -> None:
    """Waits until a GPU's work is done, by reading one number of the result."""
    result.view(-1)[0].item()


def _flops(product: Times, shape: tuple[int, int, int]) -> float:
    m, n, k = shape
    return 2 * m * n * k / _seconds(product)


def _seconds(run: Times) -> float:
    """Seconds per run, over as many runs as take about a tenth of a second."""
    start = perf_counter()
    run(1)
    times = max(1, round(_SECONDS / (perf_counter() - start)))
    start = perf_counter()
    run(times)
    return (perf_counter() - start) / times


if __name__ == "__main__":
    sys.exit(main(build))
