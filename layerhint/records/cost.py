"""A net's cost, as a record and `tools/cost.py` keep it; reading it needs neither a net nor an engine."""

from typing import ClassVar

from layerhint.records.finished import Result
from layerhint.records.recorded import Recorded


class LayerCost(Recorded):
    """A layer with params: the shape of its top for one image, its numbers, and its multiply-adds.

    `stored` counts all the numbers in its blobs, `parameters` those that training finds: not the statistics of a
    BatchNorm, nor a constant (see `layerhint.cost.count`).
    """

    name: str
    type: str
    shape: tuple[int, ...]
    parameters: int
    stored: int
    multiply_adds: int


class Latency(Recorded):
    """The median time of a forward pass of `batch` images on the CPU, over `runs` passes.

    `engine` is what the engine says of itself, as in the records of trainings.
    """

    milliseconds: float
    batch: int
    threads: int
    runs: int
    engine: dict[str, str]
    machine: str


class Cost(Recorded):
    """A net's cost. `multiply_adds` are for one image; `caffemodel_bytes` is the size of a caffemodel of it alone.

    `latency` is None where it was not measured.
    """

    name: str
    parameters: int
    stored: int
    multiply_adds: int
    caffemodel_bytes: int
    layers: tuple[LayerCost, ...]
    latency: Latency | None


class MeasureCostResult(Result):
    """The cost of the net of a plain training; `training` is its id."""

    kind: ClassVar[str] = "measure cost"

    training: str
    cost: Cost
