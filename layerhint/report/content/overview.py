"""All experiments of a run at a glance: how far each has come, the proposed method against the paper, the verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerhint.report.content.table import Row
from layerhint.report.content.verdicts import Verdict, tally
from layerhint.report.content.view import View
from layerhint.report.numbers import papers, percent, signed
from layerhint.wording import plural

SHOWN = "proposed"


@dataclass(frozen=True)
class OverviewLine:
    """An experiment: its trainings, the proposed method's figures ("" where there are none; `so_far` as in `Row`), and
    how many of its claims have which verdict, in words."""

    name: str
    title: str
    finished: int
    trainings: int
    symbol: str
    measured: str
    so_far: str
    spread: str
    paper: str
    difference: str
    interval: str
    verdicts: Mapping[Verdict, str]


@dataclass(frozen=True)
class Overview:
    """A line for each experiment, and all verdicts together in a sentence."""

    lines: tuple[OverviewLine, ...]
    sentence: str


def overview_of(views: Sequence[View]) -> Overview:
    """The overview of a run's experiments."""
    verdicts = tally(judgement for view in views for judgement in view.claims)
    claimed = sum(len(view.experiment.claims) for view in views)
    return Overview(tuple(map(_line, views)), _sentence(verdicts, claimed))


def _line(view: View) -> OverviewLine:
    row = view.table.row(SHOWN)
    spread = row.nets.spread if row and row.nets else None
    return OverviewLine(
        name=view.experiment.name,
        title=view.experiment.title,
        finished=view.finished,
        trainings=view.to_train,
        symbol=view.table.symbol,
        measured=percent(row.mean, view.table.decimals) if row and row.mean is not None else "",
        so_far=row.so_far if row else "",
        spread=percent(spread, view.table.decimals) if spread is not None else "",
        paper=papers(row.reported.average) if row and row.reported.average is not None else "",
        difference=signed(row.difference.value, view.table.decimals) if row and row.difference else "",
        interval=_interval(row, view.table.decimals),
        verdicts=_counted(tally(view.claims)),
    )


def _interval(row: Row | None, decimals: int) -> str:
    interval = row.difference.interval if row and row.difference else None
    return " to ".join(signed(end, decimals) for end in interval) if interval else ""


def _sentence(verdicts: Mapping[Verdict, int], claimed: int) -> str:
    """Of all that is `claimed`, how much is about rows of the run, and what became of that."""
    if not claimed:
        return "The records name no claims of the paper."
    here = sum(verdicts.values())
    among = f"Of {plural(claimed, 'ordering')} that the paper claims in these experiments, "
    if not here:
        return f"{among}none is about rows of this run."
    part = "" if here == claimed else f"{here} {'is' if here == 1 else 'are'} about rows of this run: "
    return f"{among}{part}{', '.join(_counted(verdicts).values())}."


_PLURAL: Mapping[Verdict, str] = {"holds": "hold", "does not hold": "do not hold"}


def _counted(verdicts: Mapping[Verdict, int]) -> dict[Verdict, str]:
    """`1 holds`, `3 hold`, `2 inconclusive`."""
    return {
        verdict: f"{number} {verdict if number == 1 else _PLURAL.get(verdict, verdict)}"
        for verdict, number in verdicts.items()
    }
