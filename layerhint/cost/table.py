"""Costs in the terminal."""

from collections.abc import Sequence

from rich.table import Table

from layerhint.records.cost import Cost, Latency
from layerhint.tables import ruled_table
from layerhint.wording import count, kilobytes, milliseconds, spelt


def cost_table(costs: Sequence[Cost]) -> Table:
    """A line for each net, with its share of the first one's cost."""
    first = costs[0]
    table = _table(("Net",), "Parameters", "Multiply-adds", "Caffemodel", "Latency")
    for cost in costs:
        table.add_row(
            cost.name,
            f"{count(cost.parameters)}{_share(cost.parameters, first.parameters)}",
            f"{count(cost.multiply_adds)}{_share(cost.multiply_adds, first.multiply_adds)}",
            f"{kilobytes(cost.caffemodel_bytes)}{_share(cost.caffemodel_bytes, first.caffemodel_bytes)}",
            _latency(cost.latency, first.latency),
        )
    return table


def layer_table(cost: Cost) -> Table:
    """A line for each layer with params, and the sum."""
    table = _table(("Layer", "Type"), "Top", "Parameters", "Multiply-adds")
    for layer in cost.layers:
        counts = count(layer.parameters), count(layer.multiply_adds)
        table.add_row(layer.name, layer.type, spelt(layer.shape), *counts)
    table.add_section()
    table.add_row("all", "", "", count(cost.parameters), count(cost.multiply_adds))
    return table


def _table(texts: Sequence[str], *numbers: str) -> Table:
    table = ruled_table(*texts)
    for column in numbers:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _share(value: float, whole: float) -> str:
    return f" ({value / whole:.0%})" if value != whole and whole else ""


def _latency(latency: Latency | None, first: Latency | None) -> str:
    if latency is None or first is None:
        return "-"
    return milliseconds(latency.milliseconds) + _share(latency.milliseconds, first.milliseconds)
