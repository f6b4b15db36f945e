"""A net's cost as data, to and from JSON; reading it needs neither a net nor an engine."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class LayerCost:
    """A layer with params: the shape of its top for one image, what it has learned, what it multiplies.

    `stored` counts all the numbers in its blobs, `parameters` those that training finds: not the statistics of a
    BatchNorm, nor a constant (see `layerhint.cost.count`).
    """

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

    milliseconds: float
    batch: int
    threads: int
    runs: int
    engine: Mapping[str, Any]
    machine: str


@dataclass(frozen=True)
class Cost:
    """A net's cost. `multiply_adds` are for one image; `caffemodel_bytes` is the size of a caffemodel of it alone."""

    name: str
    parameters: int
    stored: int
    multiply_adds: int
    caffemodel_bytes: int
    layers: tuple[LayerCost, ...]
    latency: Latency | None = None

    def as_json(self) -> dict[str, Any]:
        """As plain values, for a record."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Cost":
        """What `as_json` gave. Raises KeyError or TypeError for something else."""
        latency = values["latency"]
        layers = tuple(LayerCost(**{**layer, "shape": tuple(layer["shape"])}) for layer in values["layers"])
        return cls(**{**values, "layers": layers, "latency": Latency(**latency) if latency else None})
