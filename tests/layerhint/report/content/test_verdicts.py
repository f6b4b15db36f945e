"""Verdicts on the paper's claims."""

import math
from dataclasses import replace

import pytest

from layerhint.records.experiment_description import UNREPORTED, ReportedRow
from layerhint.report.content.table import Cell, Role, Row
from layerhint.report.content.verdicts import Judgement, judge_all, row_name, tally, verdict_on
from layerhint.report.statistics.intervals import Difference


def row(key: str, *figures: float | None, reported: ReportedRow = UNREPORTED, role: Role = "method") -> Row:
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
        (Difference(0.5, -0.1, 1.1), "inconclusive"),
        (Difference(0.5, 0.0, 1.0), "inconclusive"),
        (Difference(-0.5, -0.9, -0.1), "does not hold"),
        (Difference(-0.5, -1.0, 0.0), "inconclusive"),
        (Difference(0.5), "inconclusive"),
        (Difference(math.nan), "inconclusive"),
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


def test_close_rows_are_inconclusive() -> None:
    assert judge("a > b", row("a", 91.0, 91.2, 91.5), row("b", 91.0, 91.1, 91.2)).verdict == "inconclusive"


def test_a_plain_student_is_one_net() -> None:
    # s = 0.1, interval +- 4.303 * 0.1 * sqrt(4/3) = 0.497 around 0.6 and 0.4.
    nets = row("kd", 91.0, 91.1, 91.2)
    assert judge("kd > student", nets, row("student", 90.5, role="student")).verdict == "holds"
    assert judge("kd > student", nets, row("student", 90.7, role="student")).verdict == "inconclusive"


# Results on MNIST at three tenths of the schedules (results/mnist-scale0.3).
TABLE3 = (
    row("student", 0.58, role="student"),
    row("kd", 0.36, 0.43, 0.41),
    row("hint-kd", 0.44, 0.43, 0.44),
    row("hint-kd-plus", 0.45, 0.42, 0.45),
    row("proposed", 0.45, 0.39, 0.44),
)


def test_a_plain_student_has_the_spread_of_all_rows() -> None:
    # Variances 0.0013, 0.00003333, 0.0003 and 0.00103333, pooled 0.00066667, 8 degrees of freedom, t = 2.306004 (by
    # integration of the density): 2.306004 * 0.0258199 * sqrt(4/3) = 0.0687518.
    methods = ["kd", "hint-kd", "hint-kd-plus", "proposed"]
    found = judge_all([f"{method} > student" for method in methods], TABLE3, least=True, judged=True)
    assert [judgement.verdict for judgement in found] == ["holds"] * 4
    for judgement, margin in zip(found, (0.18, 0.143333, 0.14, 0.153333), strict=True):
        assert judgement.margin is not None
        assert judgement.margin.interval == pytest.approx((margin - 0.0687518, margin + 0.0687518), abs=1e-6)


def test_of_two_rows_the_better_is_not_the_harder_to_tell() -> None:
    # b lies closer together by luck. s^2 = (0.030833 + 0.000033) / 2, 4 degrees of freedom: +- 0.398 around both.
    rows = (row("a", 90.9, 91.1, 91.25), row("b", 91.0, 91.01, 91.0), row("student", 90.55, role="student"))
    better, worse = judge_all(["a > student", "b > student"], rows, least=False, judged=True)
    assert better.margin is not None
    assert worse.margin is not None
    assert better.margin.value > worse.margin.value
    assert (better.verdict, worse.verdict) == ("holds", "holds")


def test_without_a_row_of_several_nets_nothing_can_be_told() -> None:
    rows = (row("a", 92.0), row("b", 91.0), row("student", 80.0, role="student"))
    found = judge_all(["a > b", "a > student"], rows, least=False, judged=True)
    assert [judgement.verdict for judgement in found] == ["inconclusive"] * 2


def test_nets_together_have_no_interval() -> None:
    """Averaged predictions are one figure, and how far such figures spread is not known."""
    together = replace(FAR[0], averaged=93.0, together=True)
    for claim, other in (("a > b", FAR[1]), ("a > student", row("student", 80.0, role="student"))):
        found = judge(claim, together, other)
        assert found.margin is not None
        assert (found.margin.interval, found.verdict) == (None, "inconclusive")
    assert judge("a > b", replace(FAR[0], together=True), FAR[1]).verdict == "holds", "where the mean stands in"


def test_a_claim_is_open_until_all_nets_have_finished() -> None:
    unfinished = row("a", 92.0, 92.1, None)
    found = judge("a > b", unfinished, FAR[1])
    assert found.verdict == "not finished"
    assert found.margin is not None, "what there is is shown"
    assert found.margin.interval is None
    assert judge("a > b", row("a", None, None), FAR[1]).margin is None


def test_a_smoke_run_is_not_judged() -> None:
    assert judge("a > b", *FAR, judged=False).verdict == "not judged"


def test_rows_that_were_left_out_are_passed_over() -> None:
    assert judge_all(["a > b", "a > c", "a > b@table1"], FAR, least=False, judged=True) == (judge("a > b", *FAR),)


def test_the_papers_own_figures_are_judged_by_the_same_rule() -> None:
    # Table 1: proposed 91.70 against Hint-KD 91.15; Table 4 of the paper, Hint-KD against KD: 0.56 and 0.573.
    proposed = ReportedRow(nets=(91.66, 91.80, 91.64), average=91.70)
    hint = ReportedRow(nets=(91.05, 91.23, 91.19), average=91.15)
    found = judge("a > b", replace(FAR[0], reported=proposed), replace(FAR[1], reported=hint))
    assert found.paper_margin is not None
    assert found.paper_margin.value == pytest.approx(0.55), "of the averages as printed"
    assert found.paper_verdict == "holds"
    close = judge(
        "a > b",
        replace(FAR[0], reported=ReportedRow(nets=(0.52, 0.54, 0.62), average=0.56)),
        replace(FAR[1], reported=ReportedRow(nets=(0.58, 0.58, 0.56), average=0.573)),
        least=True,
    )
    assert close.paper_verdict == "inconclusive"


def test_the_papers_plain_student_has_the_spread_of_the_papers_rows() -> None:
    # Table 3 of the paper: variances 0.0001, 0.00303333, 0.0037 and 0.00043333, pooled 0.00181667, 8 degrees of
    # freedom: 2.306004 * 0.0426224 * sqrt(4/3) = 0.1134925.
    reported = {
        "student": ReportedRow(nets=(), average=0.6),
        "kd": ReportedRow(nets=(0.56, 0.57, 0.55), average=0.56),
        "hint-kd": ReportedRow(nets=(0.51, 0.56, 0.45), average=0.506),
        "hint-kd-plus": ReportedRow(nets=(0.60, 0.50, 0.61), average=0.57),
        "proposed": ReportedRow(nets=(0.41, 0.40, 0.44), average=0.416),
    }
    rows = [replace(each, reported=reported[each.key]) for each in TABLE3]
    kd, proposed = judge_all(["kd > student", "proposed > student"], rows, least=True, judged=True)
    assert kd.paper_margin is not None
    assert kd.paper_margin.interval == pytest.approx((0.04 - 0.1134925, 0.04 + 0.1134925), abs=1e-6)
    assert (kd.paper_verdict, proposed.paper_verdict) == ("inconclusive", "holds")


def test_a_figure_that_the_paper_does_not_print() -> None:
    found = judge("a > b", *FAR)
    assert (found.paper_margin, found.paper_verdict) == (None, None)


def test_the_tally_is_in_the_order_of_gravity() -> None:
    claims = ["b > a", "a > b", "a > b"]
    assert tally(judge_all(claims, FAR, least=False, judged=True)) == {"holds": 2, "does not hold": 1}


def test_names_in_claims() -> None:
    assert row_name(row("student", 90.0, role="student")) == "Plain student"
    assert row_name(row("kd", 90.0)) == "Kd"
