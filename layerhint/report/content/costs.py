"""What an experiment's student costs beside its teacher."""

from dataclasses import dataclass

from layerhint.records.cost import Cost
from layerhint.records.experiment_description import ExperimentDescription
from layerhint.report.reading.results import Results
from layerhint.wording import count, engine_name, kilobytes, milliseconds, plural

COLUMNS = ("Parameters", "Multiply-adds", "Caffemodel", "Latency")


@dataclass(frozen=True)
class CostLine:
    """A net with its four costs as texts, and each one's share of the teacher's; "" for the teacher itself."""

    label: str
    training: str
    texts: tuple[str, ...]
    shares: tuple[str, ...]


@dataclass(frozen=True)
class CostTable:
    """The teacher, then the student; `conditions` says what the latency was measured with, "" without one."""

    lines: tuple[CostLine, ...]
    conditions: str


def cost_table(results: Results, experiment: ExperimentDescription) -> CostTable | None:
    """The costs of teacher and student; None unless both were recorded."""
    nets = [("Teacher", experiment.teacher), ("Student", experiment.student)]
    found = [
        (f"{role}, {net.label} {net.widths}", net.training, results.costs[net.training])
        for role, net in nets
        if net.training is not None and net.training in results.costs
    ]
    if len(found) < len(nets):
        return None
    first = found[0][2]
    lines = (CostLine(label, training, _texts(cost), _shares(cost, first)) for label, training, cost in found)
    return CostTable(tuple(lines), next((_conditions(cost) for *_, cost in found if cost.latency), ""))


def _texts(cost: Cost) -> tuple[str, ...]:
    latency = milliseconds(cost.latency.milliseconds) if cost.latency else ""
    return (count(cost.parameters), count(cost.multiply_adds), kilobytes(cost.caffemodel_bytes), latency)


def _shares(cost: Cost, first: Cost) -> tuple[str, ...]:
    if cost is first:
        return ("",) * len(COLUMNS)
    values = zip(_values(cost), _values(first), strict=True)
    return tuple(f"{value / whole:.0%}" if value and whole else "" for value, whole in values)


def _values(cost: Cost) -> tuple[float, ...]:
    latency = cost.latency.milliseconds if cost.latency else 0.0
    return (cost.parameters, cost.multiply_adds, cost.caffemodel_bytes, latency)


def _conditions(cost: Cost) -> str:
    latency = cost.latency
    if latency is None:
        return ""
    threads = plural(latency.threads, "thread")
    measured = f"the median of {latency.runs} passes of one image on the CPU ({latency.machine}, {threads})"
    return f"{measured}, {engine_name(latency.engine)}"
