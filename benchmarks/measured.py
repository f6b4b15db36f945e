"""The results of a run of the benchmarks."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.setting import Setting
from benchmarks.statistics import Spread, ratio, spread

MACHINE = "machine"
FAST = "fast"
APART, LOCKSTEP = "apart", "lockstep"


@dataclass(frozen=True)
class Iterations:
    """The results of one training. `seconds` (per iteration, in each round) and `peak_bytes` are by engine; the rates
    are the machine's in the same rounds, a second; `flops` and `bytes` are the least work of an iteration. For `lesson`
    see `lesson.py`."""

    name: str
    title: str
    images: str
    batch: int
    lesson: str
    seconds: Mapping[str, tuple[float, ...]]
    peak_bytes: Mapping[str, int]
    flops_rate: tuple[float, ...]
    bytes_rate: tuple[float, ...]
    flops: int
    bytes: int

    def milliseconds(self, engine: str) -> Spread:
        return spread([1000 * seconds for seconds in self.seconds[engine]])

    def times_as_fast(self, engine: str, than: str) -> float:
        """How many times as fast the one engine is as the other: the median over the rounds."""
        return ratio(self.seconds[than], self.seconds[engine])

    @property
    def arithmetic_floor(self) -> tuple[float, ...]:
        """Seconds that the arithmetic takes, round by round."""
        return tuple(self.flops / rate for rate in self.flops_rate)

    @property
    def bytes_floor(self) -> tuple[float, ...]:
        """Seconds that moving the bytes takes, round by round."""
        return tuple(self.bytes / rate for rate in self.bytes_rate)

    def share_of_arithmetic(self, engine: str) -> float:
        """The arithmetic floor over an engine's time: the median over the rounds."""
        return ratio(self.arithmetic_floor, self.seconds[engine])


@dataclass(frozen=True)
class StartUp:
    """By engine, the seconds of each whole process that trains for one iteration."""

    name: str
    title: str
    images: str
    seconds: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Together:
    """`count` trainings that share teacher and data. `seconds` (for one iteration of every training, in each round)
    and `peak_bytes` are by way: `APART` or `LOCKSTEP`."""

    name: str
    title: str
    images: str
    count: int
    seconds: Mapping[str, tuple[float, ...]]
    peak_bytes: Mapping[str, int]

    def milliseconds(self, way: str) -> Spread:
        return spread([1000 * seconds for seconds in self.seconds[way]])

    @property
    def times_as_fast(self) -> float:
        """How many times as fast lockstep is: the median over the rounds."""
        return ratio(self.seconds[APART], self.seconds[LOCKSTEP])


@dataclass(frozen=True)
class Database:
    """Writing an LMDB, and reading batches of it; `seconds` is by engine, for one batch, in each round."""

    images: str
    records: int
    bytes_per_record: int
    writing_seconds: float
    lmdb_bytes: int
    batch: int
    seconds: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Conditions:
    """Where and how it was measured. `gpu` is its name, or None for the CPU."""

    date: str
    machine: str
    gpu: str | None
    setting: Setting
    system: str
    python: str
    engines: Mapping[str, str]
    blas_settings: Mapping[str, str]
    rounds: int
    turn: float


@dataclass(frozen=True)
class Measured:
    """All results of a run. `titles` are the engines' titles by key, in the order of the tables.

    `ended_early` says why a run is incomplete; None if it is not.
    """

    conditions: Conditions
    titles: Mapping[str, str]
    iterations: tuple[Iterations, ...]
    start_up: tuple[StartUp, ...]
    databases: tuple[Database, ...]
    together: tuple[Together, ...] = ()
    ended_early: str | None = None

    def __bool__(self) -> bool:
        """Whether anything was measured."""
        return bool(self.iterations or self.start_up or self.databases or self.together)

    def as_json(self) -> dict[str, Any]:
        """Every sample, as plain values."""
        return asdict(self)
