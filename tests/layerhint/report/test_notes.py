"""What a reader is told to beware of, and all experiments at a glance."""

from dataclasses import replace

from layerhint.report.experiments import Reported
from layerhint.report.notes import notes_on
from layerhint.report.overview import overview_of
from layerhint.report.results import Results
from layerhint.report.table import make_table
from layerhint.report.view import view_of


def notes(results: Results, name: str) -> list[str]:
    experiment = results.experiment(name)
    return list(notes_on(results, experiment, make_table(results, experiment)))


def twins(results: Results, measure: str = "accuracy") -> Results:
    """Figure 7 twice, the paper printing two averages for one method of it and the same for another."""
    first = results.experiment("fig7")
    one = replace(first, reported={"hint-kd": Reported(average=90.0), "proposed": Reported(average=91.0)})
    other = replace(
        first,
        name="other",
        title="Figure 0: again",
        measure=measure,
        reported={"hint-kd": Reported(average=90.5), "proposed": Reported(average=91.0)},
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
    assert sum(int(words.split()[0]) for words in fig7.verdicts.values()) == 13
    assert (fig9.measured, fig9.verdicts) == ("", {})
    assert (table5.paper, table5.symbol) == ("92.01", "P_c")
    assert " to " in table5.interval
    assert overview.sentence.startswith("Of 18 orderings that the paper claims, ")


def test_one_claim_holds_and_several_hold(results: Results) -> None:
    view = view_of(results, results.experiment("table5"))
    (claim, *_) = view.judgements
    one = overview_of([replace(view, judgements=(replace(claim, verdict="holds"),))])
    assert one.lines[0].verdicts == {"holds": "1 holds"}
    both = overview_of([replace(view, judgements=tuple(replace(claim, verdict="does not hold") for _ in range(2)))])
    assert both.sentence == "Of 2 orderings that the paper claims, 2 do not hold."


def test_without_claims_the_overview_says_so(results: Results) -> None:
    view = view_of(results, results.experiment("fig9"))
    assert overview_of([view]).sentence == "The records name no claims of the paper."
