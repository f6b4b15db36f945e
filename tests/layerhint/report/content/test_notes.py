"""What a reader is told to beware of, and all experiments at a glance."""

from dataclasses import replace

from layerhint.records.experiment_description import ReportedFigures, ReportedRow
from layerhint.report.content.notes import notes_on
from layerhint.report.content.overview import overview_of
from layerhint.report.content.table import make_table
from layerhint.report.content.view import view_of
from layerhint.report.output.markdown import overview_markdown
from layerhint.report.reading.results import Results


def notes(results: Results, name: str) -> list[str]:
    experiment = results.experiment(name)
    return list(notes_on(results, experiment, make_table(results, experiment)))


def printed(hint_kd: float, proposed: float) -> ReportedFigures:
    averages = {"hint-kd": hint_kd, "proposed": proposed}
    rows = {method: ReportedRow(nets=(), average=average) for method, average in averages.items()}
    return ReportedFigures(measure="accuracy", teacher=None, student=None, methods=rows)


def twins(results: Results, measure: str = "accuracy") -> Results:
    """Figure 7 twice, the paper printing two averages for one method of it and the same for another."""
    first = results.experiment("fig7")
    one = first.model_copy(update={"reported": printed(90.0, 91.0)})
    other = first.model_copy(
        update={
            "name": "other",
            "title": "Figure 0: again",
            "measure": measure,
            "reported": printed(90.5, 91.0),
        }
    )
    return replace(results, experiments=[one, other])


def test_the_papers_own_disagreement_is_told(results: Results) -> None:
    assert notes(twins(results), "fig7") == [
        "Figure 7 and Figure 0 show the same trainings here, but the paper prints two averages for them: Hint-KD 90.00 "
        "and 90.50. Differences of that size are noise in the paper's own figures."
    ]


def test_accuracy_and_error_do_not_disagree(results: Results) -> None:
    assert notes(twins(results, measure="error"), "fig7") == []


def test_a_run_at_full_length_needs_no_note(results: Results) -> None:
    assert notes(results, "fig7") == notes(results, "table5") == []


def test_the_overview_counts_verdicts_and_trainings(results: Results) -> None:
    views = [view_of(results, experiment) for experiment in results.bases]
    overview = overview_of(views)
    fig7, fig9, table5 = overview.lines
    assert (fig7.name, fig7.finished, fig7.trainings) == ("fig7", 24, 24)
    assert sum(int(words.split()[0]) for words in fig7.verdicts.values()) == 7
    assert (fig9.measured, fig9.verdicts) == ("", {})
    assert (table5.paper, table5.symbol) == ("92.01", "P_c")
    assert " to " in table5.interval
    assert table5.so_far == ""
    assert overview.sentence.startswith("Of 10 orderings that the paper claims in these experiments, ")
    assert "rows of this run" not in overview.sentence


def test_an_unfinished_row_is_told_as_such(results: Results) -> None:
    """Of Table 5's proposed nets one has finished."""
    left = {f"cifar10/resnet26w32-resnet14/proposed/net{n}" for n in (2, 3)}
    some = replace(results, trained={i: trained for i, trained in results.trained.items() if i not in left})
    overview = overview_of([view_of(some, some.experiment("table5"))])
    (line,) = overview.lines
    assert (line.so_far, line.interval, line.spread) == ("1 of 3 nets", "", "")
    assert line.difference
    assert f"| {line.measured} (1 of 3 nets) |" in overview_markdown(overview)


def test_claims_about_rows_that_are_not_in_the_run_are_counted(results: Results) -> None:
    view = view_of(results, results.experiment("fig7"))
    assert len(view.experiment.claims) == 7
    one, *_ = view.claims
    part = overview_of([replace(view, claims=(replace(one, verdict="holds"),))])
    assert part.sentence == (
        "Of 7 orderings that the paper claims in these experiments, 1 is about rows of this run: 1 holds."
    )
    none = overview_of([replace(view, claims=())])
    assert none.sentence == (
        "Of 7 orderings that the paper claims in these experiments, none is about rows of this run."
    )


def test_one_claim_holds_and_several_hold(results: Results) -> None:
    view = view_of(results, results.experiment("table5"))
    (claim, *_) = view.claims
    view = replace(view, experiment=view.experiment.model_copy(update={"claims": (claim.claim, claim.claim)}))
    one = overview_of([replace(view, claims=(replace(claim, verdict="holds"),))])
    assert one.lines[0].verdicts == {"holds": "1 holds"}
    both = overview_of([replace(view, claims=tuple(replace(claim, verdict="does not hold") for _ in range(2)))])
    assert both.sentence == "Of 2 orderings that the paper claims in these experiments, 2 do not hold."


def test_without_claims_the_overview_says_so(results: Results) -> None:
    view = view_of(results, results.experiment("fig9"))
    assert overview_of([view]).sentence == "The records name no claims of the paper."
