"""The paper's own figures: bars in its order, Figure 9's losses, Tables 5 and 6 with the rows beside them."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from invented_run import Invented, write_run

from layerhint.experiments.experiment import load_experiment
from layerhint.report.content.hint_curves import hint_curves
from layerhint.report.content.loss_table import loss_table
from layerhint.report.content.view import View, view_of
from layerhint.report.figures.bars_figure import bars_figure
from layerhint.report.figures.figures import figures_of
from layerhint.report.figures.losses_figure import losses_figure
from layerhint.report.figures.stage2_figure import stage2_figure
from layerhint.report.reading.results import Averaged, Results, read_results


def view(results: Results, name: str) -> View:
    return view_of(results, results.experiment(name))


def test_figure_7_has_its_six_cases_in_order(results: Results) -> None:
    figure = bars_figure(view(results, "fig7"))
    assert figure is not None
    assert figure.main
    hover = json.loads(figure.panels[0].hover)
    names = [line["name"] for line in hover["lines"] if not line["name"].startswith("Paper")]
    assert names == [
        "Plain student, ResNet-8",
        "KD without hints",
        "Hint-KD",
        "SL-ResNet",
        "SL-ResNet with KD",
        "Proposed method",
    ]
    labels = re.findall(r"Case (\d)", figure.panels[0].svg)
    assert labels == ["1", "2", "3", "4", "5", "6"]


def test_a_bar_is_the_mean_and_tells_its_nets(results: Results) -> None:
    shown = view(results, "fig7")
    figure = bars_figure(shown)
    assert figure is not None
    hover = json.loads(figure.panels[0].hover)
    bar = next(line for line in hover["lines"] if line["name"] == "Proposed method")
    row = shown.table.row("proposed")
    assert row is not None
    assert bar["x"] == [6]
    assert bar["y"] == pytest.approx([row.mean])
    assert [net[0] for net in bar["nets"]] == pytest.approx([cell.last for cell in row.cells], abs=1e-3)
    low, high = hover["y"]
    assert 0 < low < min(net[0] for net in bar["nets"]) < high, "the axis does not begin at 0"


def test_the_papers_figure_stands_beside_a_bar_where_it_prints_one(results: Results) -> None:
    figure = bars_figure(view(results, "fig7"))
    assert figure is not None
    lines = json.loads(figure.panels[0].hover)["lines"]
    assert [(line["name"], line["x"]) for line in lines if line["name"].startswith("Paper")] == [
        ("Paper, prints 88.09", [1])
    ]


def together(results: Results, methods: tuple[str, ...]) -> View:
    """Figure 7 under `averaging: predictions`, which were measured for some methods."""
    experiment = results.experiment("fig7")
    averaged = {
        row.nets: Averaged(0.925, {path: sha for net in row.nets for path, sha in results.trained[net].outputs.items()})
        for row in experiment.methods
        if row.method in methods
    }
    experiment = experiment.model_copy(update={"switches": {**experiment.switches, "averaging": "predictions"}})
    return view_of(replace(results, averaged=averaged, experiments=[experiment]), experiment)


def test_a_bar_of_nets_together_is_no_mean_and_has_no_whisker(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[float] = []
    monkeypatch.setattr("matplotlib.axes.Axes.vlines", lambda axes, x, *_, **__: drawn.append(x))
    means = bars_figure(view(results, "fig7"))
    assert means is not None
    assert means.caption.startswith("Bars: mean over the nets; ")
    assert "Whiskers: " in means.caption
    assert drawn == [2, 3, 4, 5, 6], "all but the plain student, which is one net"
    drawn.clear()
    shown = together(results, ("kd", "hint-kd", "sl-resnet", "sl-resnet-kd", "proposed"))
    figure = bars_figure(shown)
    assert figure is not None
    assert figure.caption.startswith("Bars: the nets' averaged predictions; ")
    assert "Whiskers" not in figure.caption
    assert drawn == []
    bar = next(line for line in json.loads(figure.panels[0].hover)["lines"] if line["name"] == "Proposed method")
    assert bar["y"] == [92.5]
    mixed = bars_figure(together(results, ("kd", "proposed")))
    assert mixed is not None
    assert mixed.caption.startswith(
        "Bars: the nets' averaged predictions, or the mean over the nets where these lack; "
    )
    assert drawn == [3, 4, 5]


def test_a_table_has_no_bars(results: Results) -> None:
    assert bars_figure(view(results, "table5")) is None


def test_no_bars_before_a_net_has_finished(results: Results) -> None:
    nothing = replace(results, trained={})
    assert bars_figure(view(nothing, "fig7")) is None


def test_figure_9_has_three_losses_of_both_methods(results: Results) -> None:
    figure = losses_figure(view(results, "fig9"))
    assert figure is not None
    assert figure.main
    assert [(key.kind, key.title) for key in figure.keys] == [
        ("bar", "Loss 1"),
        ("bar", "Loss 2"),
        ("bar", "Loss 3"),
        ("dashed", "Concurrent hints"),
        ("line", "Proposed method"),
    ]
    # The three lines of concurrent hints are dashed, the proposed method's are not.
    assert len(re.findall(r"stroke-dasharray: 8\.5,5\.1", figure.panels[0].svg)) == 3
    lines = json.loads(figure.panels[0].hover)["lines"]
    starts = {line["name"]: line["x"][0] for line in lines}
    assert starts["Loss 2, Proposed method"] == 3000, "after G1's 3,000 iterations"
    assert starts["Loss 3, Proposed method"] == 10000
    assert starts["Loss 3, Concurrent hints"] == 0


def test_figures_8_and_10_draw_the_losses_that_they_compare(tmp_path: Path) -> None:
    """Hint-KD's lone middle pair is no Loss 1."""
    results = read_results(write_run(tmp_path, Invented((load_experiment("fig8"),))))
    figure = next(figure for figure in figures_of(view(results, "fig8")) if figure.id == "fig8-losses")
    assert [key.title for key in figure.keys] == ["Loss 1", "Loss 2", "Loss 3", "Concurrent hints", "Proposed method"]
    names = [line["name"] for line in json.loads(figure.panels[0].hover)["lines"]]
    assert names == [f"Loss {n}, {method}" for method in ("Concurrent hints", "Proposed method") for n in (1, 2, 3)]


def test_the_first_normalisation_begins_at_one(results: Results) -> None:
    for method in hint_curves(view(results, "fig9")):
        normalised = method.normalised("first_iteration")
        assert normalised is not None
        assert [step.losses[0][1] for step in normalised.steps] == pytest.approx([1, 1, 1])


def test_the_second_normalisation_divides_by_the_elements(results: Results) -> None:
    (concurrent, proposed) = hint_curves(view(results, "fig9"))
    # 16 x 32 x 32, 32 x 16 x 16 and 64 x 8 x 8, from the generated nets.
    assert [step.elements for step in concurrent.steps] == [16384, 8192, 4096]
    assert [step.elements for step in proposed.steps] == [16384, 8192, 4096]
    normalised = proposed.normalised("elements")
    assert normalised is not None
    assert normalised.steps[1].losses[0][1] == pytest.approx(proposed.steps[1].losses[0][1] / 8192)


def test_the_switch_says_which_normalisation_is_drawn(results: Results) -> None:
    experiment = results.experiment("fig9")
    other = experiment.model_copy(update={"switches": {**experiment.switches, "normalisation": "elements"}})
    figure = losses_figure(view_of(results, other))
    assert figure is not None
    assert "divided by the number of elements" in figure.caption
    values = json.loads(figure.panels[0].hover)["lines"][0]["y"]
    assert max(values) < 1


def test_an_older_record_knows_no_elements(results: Results) -> None:
    older = {"nets": None, "switches": {"normalisation": "elements"}}
    experiment = results.experiment("fig9").model_copy(update=older)
    shown = view_of(results, experiment)
    assert losses_figure(shown) is None
    assert [line.per_element for line in loss_table(shown)] == [None] * 6


def test_the_end_of_a_loss_is_the_geometric_mean_of_its_last_part(results: Results) -> None:
    line = loss_table(view(results, "fig9"))[0]
    (concurrent, _) = hint_curves(view(results, "fig9"))
    losses = [y for _, y in concurrent.steps[0].losses]
    count = round(0.05 * len(losses))
    assert count == 6
    expected = math.prod(losses[-count:]) ** (1 / count)
    assert line.last == pytest.approx(expected)
    assert line.of_first == pytest.approx(expected / losses[0])
    assert line.per_element == pytest.approx(expected / 16384)


def test_sl_resnets_stage_1_has_no_hint_losses(results: Results) -> None:
    methods = {curves.method for curves in hint_curves(view(results, "fig7"))}
    assert methods == {"hint-kd", "proposed"}


def test_figure_4s_cases_are_in_its_legend(results: Results) -> None:
    figure7 = view(results, "fig7")
    experiment = figure7.experiment.model_copy(update={"name": "fig4", "shows": "curves"})
    figure = stage2_figure(replace(figure7, experiment=experiment))
    assert figure is not None
    assert figure.main
    titles = [key.title for key in figure.keys]
    assert "Hint-KD (Cases 1 and 3)" in titles
    assert "Proposed method (Cases 2 and 4)" in titles
    assert titles[-1] == "Plain student (Case 5)"


def test_a_variant_that_stands_alone_has_the_cases_of_its_base(results: Results) -> None:
    figure7 = view(results, "fig7")
    bars = bars_figure(replace(figure7, experiment=figure7.experiment.model_copy(update={"name": "fig7@lambda=4"})))
    assert bars is not None
    assert re.findall(r"Case (\d)", bars.panels[0].svg) == ["1", "2", "3", "4", "5", "6"]
    curves = stage2_figure(replace(figure7, experiment=figure7.experiment.model_copy(update={"name": "fig4@lambda=4"})))
    assert curves is not None
    assert "Hint-KD (Cases 1 and 3)" in [key.title for key in curves.keys]


def test_curves_tell_the_mean_and_each_net(results: Results) -> None:
    figure = stage2_figure(view(results, "table5"))
    assert figure is not None
    hover = json.loads(figure.panels[0].hover)
    (hint, proposed) = hover["lines"]
    assert (hint["name"], proposed["name"]) == ("Hint-KD", "Proposed method")
    assert hint["x"][-1] == 64000
    assert proposed["y"][-1] == pytest.approx(sum(net[-1] for net in proposed["nets"]) / 3, abs=1e-3)


def test_table_5_has_table_1s_rows_beside_its_own(results: Results) -> None:
    table = view(results, "table5").table
    assert [row.key for row in table.rows] == [
        "teacher",
        "student",
        "hint-kd",
        "proposed",
        "hint-kd@table1",
        "proposed@table1",
    ]
    beside = table.row("proposed@table1")
    assert beside is not None
    assert beside.label == "Proposed method, Table 1"
    assert beside.reported.average == 91.70
    assert beside.cells[0].training == "cifar10/resnet26-resnet14/proposed/net1"
    assert table.beside == "Table 1: teacher ResNet-26 {16, 32, 64}, without a regressor"
    assert table.rows[0].label == "Teacher, ResNet-26 {32, 64, 128}"


def test_claims_reach_the_rows_beside(results: Results) -> None:
    judgements = {judgement.claim: judgement for judgement in view(results, "table5").judgements}
    assert list(judgements)[:3] == ["proposed > hint-kd", "hint-kd > hint-kd@table1", "proposed > proposed@table1"]
    assert judgements["hint-kd > hint-kd@table1"].paper_margin is not None
    # Table 5 itself: 91.21 (91.15 without a regressor), 92.01 (91.7).
    margins = [j.paper_margin.value for j in [*judgements.values()][:3] if j.paper_margin]
    assert margins == pytest.approx([0.80, 0.06, 0.31])


def test_only_the_experiments_own_rows_lead(results: Results) -> None:
    table = view(results, "table5").table
    assert [row.key for row in table.rows if row.leads] == ["proposed"]


def test_figure_9_without_stage_2_has_a_teacher_alone(results: Results) -> None:
    shown = view(results, "fig9")
    assert [row.key for row in shown.table.rows] == ["teacher"]
    assert stage2_figure(shown) is None
    assert shown.costs is None
    assert dict(shown.facts.items)["Trainings"] == "5 of 5 finished"
