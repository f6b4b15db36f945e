"""The curves behind the figures, and the drawings' promise to fit any page."""

import re
from pathlib import Path

import pytest
from made_records import train_point

from layerhint.report.content.curves import Series, rate_drops, stage2_curves
from layerhint.report.content.hint_curves import hint_curves, running_mean
from layerhint.report.content.view import View, view_of
from layerhint.report.figures.colours import METHOD_COLOURS
from layerhint.report.figures.figures import figures_of
from layerhint.report.figures.svg import drawing, frame_of, svg_of
from layerhint.report.reading.results import read_results

RECORDS = Path(__file__).parents[3] / "cases/report/records"


@pytest.fixture(scope="module")
def view() -> View:
    results = read_results(RECORDS)
    return view_of(results, results.experiment("invented"))


def near(series: Series, expected: list[tuple[float, float]]) -> bool:
    return [x for x, _ in series] == [x for x, _ in expected] and [y for _, y in series] == pytest.approx(
        [y for _, y in expected]
    )


def test_curves_over_stage_2(view: View) -> None:
    curves = stage2_curves(view, "score")
    assert curves is not None
    kd, proposed = curves.methods
    # kd's second net was trained by hand: it has no curve, and the mean is that of the first.
    assert near(kd.mean, [(320, 80.0), (480, 91.04), (640, 91.0)])
    assert near(proposed.mean, [(320, 82.0), (480, 91.9), (640, 91.8)])
    assert curves.level == pytest.approx(90.30)
    assert curves.drops == (400, 600)
    assert curves.end == 640


def test_losses_over_stage_2(view: View) -> None:
    curves = stage2_curves(view, "loss")
    assert curves is not None
    assert near(curves.methods[0].nets[0].series, [(320, 0.6), (480, 0.29), (640, 0.30)])
    assert curves.level == pytest.approx(0.31)


def test_the_close_up_needs_enough_tests(view: View) -> None:
    curves = stage2_curves(view, "score")
    assert curves is not None
    assert curves.since_last_drop(2) is None
    close = curves.since_last_drop(1)
    assert close is not None
    assert (close.start, close.end, close.drops) == (600, 640, ())
    assert near(close.methods[0].mean, [(640, 91.0)])


def test_the_mean_is_over_iterations_that_all_nets_have() -> None:
    from layerhint.report.content.curves import _mean

    nets: tuple[Series, ...] = (((10, 1.0), (20, 2.0), (30, 3.0)), ((20, 4.0), (30, 9.0)), ())
    assert near(_mean(nets), [(20, 3.0), (30, 6.0)])


def test_steps_of_stage_1_follow_each_other(view: View) -> None:
    (proposed,) = hint_curves(view)
    assert [(step.name, step.start, step.end) for step in proposed.steps] == [("G1", 0, 30), ("G2", 30, 100)]
    assert proposed.steps[1].losses == ((30, 2000.0), (60, 500.0), (90, 250.0))
    assert not proposed.together


def test_rate_drops() -> None:
    rates = [(0, 0.1), (10, 0.1), (20, None), (30, 0.01), (40, 0.01), (50, 0.001)]
    assert rate_drops([train_point(i, 1.0, lr=lr) for i, lr in rates]) == (30, 50)


def test_running_mean_is_geometric() -> None:
    # Neighbours 1, 10, 100: mean of their logarithms; at the ends of two.
    smoothed = running_mean(((0, 1.0), (1, 10.0), (2, 100.0)), 3)
    assert near(smoothed, [(0, 10**0.5), (1, 10.0), (2, 10**1.5)])


def test_figures_there_are(view: View) -> None:
    stage2, stage1 = figures_of(view)
    assert [panel.title for panel in stage2.panels] == ["Test accuracy", "Test loss"]
    assert [key.title for key in stage2.keys] == [
        "KD without hints",
        "Proposed method",
        "Plain student",
    ]
    assert "the plain student at its last test (90.30 %, and its loss)" in stage2.caption
    assert [panel.title for panel in stage1.panels] == ["Proposed method"]
    texts = stage2.panels[0].svg + stage2.panels[1].svg + stage1.panels[0].svg
    for label in ("test accuracy (%)", "test loss, cross-entropy (nats)", "iteration of Stage 2", "hint loss", "G2"):
        assert f">{label}</text>" in texts


def test_a_run_without_curves_has_no_figures(view: View) -> None:
    from dataclasses import replace

    assert figures_of(replace(view, trained=())) == ()


def test_drawings_take_colours_and_font_from_the_page(view: View) -> None:
    for figure in figures_of(view):
        for panel in figure.panels:
            assert "var(--method-proposed, #08785a)" in panel.svg
            assert "var(--ink" in panel.svg or "var(--soft" in panel.svg
            bare = re.sub(r"var\(--[a-z0-9-]+, #[0-9a-f]{6}\)", "", panel.svg)
            # matplotlib's clip paths and markers have no colour; every other colour must be the page's.
            assert not re.findall(r"#[0-9a-f]{6}(?=[;\"])", re.sub(r'(href="|url\()#[^")]*', "", bare))
            assert "font-family" not in panel.svg
            assert "DejaVu" not in panel.svg


def test_numbers_in_a_drawing_are_short_and_labels_whole() -> None:
    with drawing(200, 100, "test") as (figure, axes):
        axes.plot([0, 1, 2], [0.3061, 0.3074, 0.3125], color=METHOD_COLOURS["kd"])
        axes.set_ylabel("0.123456 <unit>")
        svg = svg_of(figure, 'a "label"')
    assert "0.123456 &lt;unit&gt;" in svg
    assert not re.search(r' d="[^"]*\d\.\d{2}', svg)
    assert 'aria-label="a &quot;label&quot;"' in svg
    assert "date" not in svg.lower()


def test_the_frame_says_where_the_axes_lie() -> None:
    with drawing(200, 100, "test") as (figure, axes):
        axes.plot([0, 1, 2], [10.0, 100.0, 1000.0], color=METHOD_COLOURS["kd"])
        axes.set_xlim(0, 2)
        axes.set_yscale("log")
        axes.set_ylim(10, 1000)
        svg = svg_of(figure, "test")
        frame = frame_of(figure, axes)
    assert (frame.x, frame.y, frame.logarithmic) == ((0, 2), (10, 1000), True)
    # The line runs from the lower left corner of the axes to the upper right one; matplotlib's y is upside down.
    (path,) = re.findall(r'd="M ([\d.]+) ([\d.]+)\s+L [\d. ]+\s+L ([\d.]+) ([\d.]+)\s*" clip-path', svg)
    assert [float(value) for value in path] == pytest.approx(
        [frame.left, frame.bottom, frame.right, frame.top], abs=0.06
    )
