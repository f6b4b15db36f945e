"""Which of the paper's claims hold: a claim says that one row is better than another. So do other comparisons.

The difference of the two rows, counted so that more is better, has an interval (see `intervals`). The claim holds if
the whole interval is above 0, does not hold if the whole of it is below, and is inconclusive if 0 is in it or if there
is no interval. It is open until all nets of both rows have finished, and not judged on a smoke run. The paper's own
figures are judged by the same rule.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from layerhint.report.content.table import Row
from layerhint.report.statistics.intervals import Difference, Pool, Sample, difference, pool_of

Verdict = Literal["holds", "does not hold", "inconclusive", "not finished", "not judged"]
VERDICTS: tuple[Verdict, ...] = ("holds", "does not hold", "inconclusive", "not finished", "not judged")


@dataclass(frozen=True)
class Judgement:
    """A claim, `better` > `worse`, with by how much, measured and in the paper's own figures, and what these say."""

    claim: str
    better: Row
    worse: Row
    margin: Difference | None
    verdict: Verdict
    paper_margin: Difference | None
    paper_verdict: Verdict | None


def judge_all(claims: Sequence[str], rows: Iterable[Row], least: bool, judged: bool) -> tuple[Judgement, ...]:
    """A judgement for each claim, such as `proposed > hint-kd`, in their order; rows by their keys.

    With `least` smaller figures are better (errors). Claims about rows that were left out of the run are left out.
    """
    by_key = {row.key: row for row in rows}
    pairs = [(claim, *claim.split(" > ")) for claim in claims]
    pools = _Pools(
        pool_of(row.nets for row in by_key.values()), pool_of(row.reported_sample for row in by_key.values())
    )
    return tuple(
        _judge(claim, by_key[better], by_key[worse], pools, least, judged)
        for claim, better, worse in pairs
        if better in by_key and worse in by_key
    )


def tally(judgements: Iterable[Judgement]) -> Mapping[Verdict, int]:
    """How many claims have each verdict, in the order of `VERDICTS`; verdicts that none has are left out."""
    found = [judgement.verdict for judgement in judgements]
    return {verdict: found.count(verdict) for verdict in VERDICTS if verdict in found}


def row_name(row: Row) -> str:
    """What a row is called in a claim."""
    return {"teacher": "Teacher", "student": "Plain student"}.get(row.role, row.label)


def verdict_on(margin: Difference) -> Verdict:
    """The verdict on a difference that is above 0 if the claim is true."""
    if margin.interval is None:
        return "inconclusive"
    low, high = margin.interval
    return "holds" if low > 0 else "does not hold" if high < 0 else "inconclusive"


@dataclass(frozen=True)
class _Pools:
    """The pooled spreads of the measured rows, and of the paper's."""

    measured: Pool | None
    reported: Pool | None


def _judge(claim: str, better: Row, worse: Row, pools: _Pools, least: bool, judged: bool) -> Judgement:
    margin = _margin(better.sample, worse.sample, pools.measured, least)
    paper = _margin(better.reported_sample, worse.reported_sample, pools.reported, least)
    verdict: Verdict
    if margin is None or not (better.complete and worse.complete):
        verdict = "not finished"
    else:
        verdict = verdict_on(margin) if judged else "not judged"
    return Judgement(claim, better, worse, margin, verdict, paper, verdict_on(paper) if paper else None)


def _margin(better: Sample | None, worse: Sample | None, pool: Pool | None, least: bool) -> Difference | None:
    if better is None or worse is None:
        return None
    return difference(worse, better, pool) if least else difference(better, worse, pool)
