"""A net's cost, as a record and `tools/cost.py` keep it; reading it needs neither a net nor an engine."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from pydantic import ConfigDict

from layerhint.records.finished import Result

_NO_OTHER_KEY = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class LayerCost:
    """A layer with params: the shape of its top for one image, what it has learned, what it multiplies.

    `stored` counts all the numbers in its blobs, `parameters` those that training finds: not the statistics of a
    BatchNorm, nor a constant (see `layerhint.cost.count`).
    """

    __pydantic_config__: ClassVar = _NO_OTHER_KEY

    name: str
    type: str
    shape: tuple[int, ...]
    parameters: int
    stored: int
    multiply_adds: int


@dataclass(frozen=True)
class Latency:
    """The median time of a forward pass of `batch` images on the CPU, over `runs` passes.

    `engine` is what the engine says of itself, as in the records of trainings.
    """

    __pydantic_config__: ClassVar = _NO_OTHER_KEY

    milliseconds: float
    batch: int
    threads: int
    runs: int
    engine: Mapping[str, str]
    machine: str


@dataclass(frozen=True)
class Cost:
    """A net's cost. `multiply_adds` are for one image; `caffemodel_bytes` is the size of a caffemodel of it alone."""

    __pydantic_config__: ClassVar = _NO_OTHER_KEY

    name: str
    parameters: int
    stored: int
    multiply_adds: int
    caffemodel_bytes: int
    layers: tuple[LayerCost, ...]
    latency: Latency | None = None

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


class MeasureCostResult(Result):
    """Of the net of a plain training, by the training's id."""

    kind: ClassVar[str] = "measure cost"

    training: str
    cost: Cost
