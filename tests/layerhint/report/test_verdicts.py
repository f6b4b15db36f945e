"""Verdicts on the paper's claims."""

import math
from dataclasses import replace

import pytest

from layerhint.report.experiments import Reported
from layerhint.report.intervals import Difference
from layerhint.report.table import Cell, Role, Row
from layerhint.report.verdicts import Judgement, judge_all, row_name, tally, verdict_on

UNREPORTED = Reported()


def row(key: str, *figures: float | None, reported: Reported = UNREPORTED, role: Role = "method") -> Row:
    cells = tuple(Cell(f"{key}/net{i}", figure, figure) for i, figure in enumerate(figures, start=1))
    return Row(key, key.capitalize(), role, key, cells, reported)


def judge(claim: str, *rows: Row, least: bool = False, judged: bool = True) -> Judgement:
    (found,) = judge_all([claim], rows, least, judged)
    return found


FAR = (row("a", 92.0, 92.1, 92.2), row("b", 91.0, 91.1, 91.2))


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [
        (Difference(0.5, 0.1, 0.9), "holds"),
        (Difference(0.5, -0.1, 1.1), "cannot be told"),
        (Difference(0.5, 0.0, 1.0), "cannot be told"),
        (Difference(-0.5, -0.9, -0.1), "does not hold"),
        (Difference(-0.5, -1.0, 0.0), "cannot be told"),
        (Difference(0.5), "cannot be told"),
        (Difference(math.nan), "cannot be told"),
    ],
)
def test_where_the_interval_lies_decides(difference: Difference, verdict: str) -> None:
    assert verdict_on(difference) == verdict


def test_better_is_more_accuracy() -> None:
    found = judge("a > b", *FAR)
    assert found.verdict == "holds"
    assert found.margin is not None
    assert found.margin.value == pytest.approx(1.0)
    assert judge("b > a", *FAR).verdict == "does not hold"


def test_better_is_less_error() -> None:
    found = judge("b > a", *FAR, least=True)
    assert found.verdict == "holds"
    assert found.margin is not None
    assert found.margin.value == pytest.approx(1.0), "counted so that more is better"


def test_close_rows_cannot_be_told() -> None:
    assert judge("a > b", row("a", 91.0, 91.2, 91.5), row("b", 91.0, 91.1, 91.2)).verdict == "cannot be told"


def test_a_plain_student_is_one_net() -> None:
    # s = 0.1, interval +- 4.303 * 0.1 * sqrt(4/3) = 0.497 around 0.6 and 0.4.
    nets = row("kd", 91.0, 91.1, 91.2)
    assert judge("kd > student", nets, row("student", 90.5, role="student")).verdict == "holds"
    assert judge("kd > student", nets, row("student", 90.7, role="student")).verdict == "cannot be told"


def test_a_claim_is_open_until_all_nets_have_finished() -> None:
    unfinished = row("a", 92.0, 92.1, None)
    found = judge("a > b", unfinished, FAR[1])
    assert found.verdict == "not finished"
    assert found.margin is not None, "what there is is shown"
    assert judge("a > b", row("a", None, None), FAR[1]).margin is None


def test_a_smoke_run_is_not_judged() -> None:
    assert judge("a > b", *FAR, judged=False).verdict == "not judged"


def test_rows_that_were_left_out_are_passed_over() -> None:
    assert judge_all(["a > b", "a > c", "a > b@table1"], FAR, least=False, judged=True) == (judge("a > b", *FAR),)


def test_the_papers_own_figures_are_judged_by_the_same_rule() -> None:
    # Table 1: proposed 91.70 against Hint-KD 91.15; Table 4 of the paper, Hint-KD against KD: 0.56 and 0.573.
    proposed = Reported((91.66, 91.80, 91.64), 91.70)
    hint = Reported((91.05, 91.23, 91.19), 91.15)
    found = judge("a > b", replace(FAR[0], reported=proposed), replace(FAR[1], reported=hint))
    assert found.paper_margin is not None
    assert found.paper_margin.value == pytest.approx(0.55), "of the averages as printed"
    assert found.paper_verdict == "holds"
    close = judge(
        "a > b",
        replace(FAR[0], reported=Reported((0.52, 0.54, 0.62), 0.56)),
        replace(FAR[1], reported=Reported((0.58, 0.58, 0.56), 0.573)),
        least=True,
    )
    assert close.paper_verdict == "cannot be told"


def test_a_figure_that_the_paper_does_not_print() -> None:
    found = judge("a > b", *FAR)
    assert (found.paper_margin, found.paper_verdict) == (None, None)


def test_the_tally_is_in_the_order_of_gravity() -> None:
    claims = ["b > a", "a > b", "a > b"]
    assert tally(judge_all(claims, FAR, least=False, judged=True)) == {"holds": 2, "does not hold": 1}


def test_names_in_claims() -> None:
    assert row_name(row("student", 90.0, role="student")) == "Plain student"
    assert row_name(row("kd", 90.0)) == "Kd"
