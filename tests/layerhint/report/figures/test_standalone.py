"""Figures as files of their own: what a program that knows SVG, but no page, has to find in them."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from layerhint.report.content.view import view_of
from layerhint.report.figures.colours import PAGE_COLOURS
from layerhint.report.figures.elements import box, line, svg, text
from layerhint.report.figures.figure import Figure, Key, Panel
from layerhint.report.figures.figures import illustrate
from layerhint.report.figures.standalone import standalone_svg
from layerhint.report.reading.results import Results, read_results

RECORDS = Path(__file__).parents[3] / "cases/report/records"
SVG = "{http://www.w3.org/2000/svg}"


def figure(panels: int = 1, keys: tuple[Key, ...] = (), width: float = 200) -> Figure:
    body = [box(1, 2, 30, 40, "tint-2", "soft"), line((0, 0), (9, 9), "method-kd"), text((5, 6), "a < b")]
    drawn = tuple(Panel(f"Panel {i}", svg(width, 100, "a drawing", body)) for i in range(1, panels + 1))
    return Figure("some-figure", "Some figure", "A caption.", "10rem", keys, drawn)


def parsed(made: Figure) -> ElementTree.Element:
    return ElementTree.fromstring(standalone_svg(made))


def texts(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_colours_are_spelt_out() -> None:
    content = standalone_svg(figure(keys=(Key("line", "method-nobodys", "A method without a colour"),)))
    assert "var(" not in content
    # tint-2, soft and method-kd of light paper, and ink for what has no colour.
    for colour in ("fill: #d3e3f1", "stroke: #5b5b5c", "stroke: #1f6fb4", "stroke: #1a1a1b"):
        assert colour in content


def test_a_lone_panel_has_no_title() -> None:
    assert texts(parsed(figure(1))) == ["a < b"]
    assert texts(parsed(figure(2))) == ["Panel 1", "a < b", "Panel 2", "a < b"]


@pytest.mark.parametrize(
    ("width", "places"),
    # Of 960 at most, with 28 between two: three of 300 are 956, three of 320 are 1016.
    [(300.0, [(10, 28), (338, 28), (666, 28), (10, 156)]), (320.0, [(10, 28), (358, 28), (10, 156), (358, 156)])],
)
def test_panels_stand_side_by_side_while_there_is_room(width: float, places: list[tuple[int, int]]) -> None:
    root = parsed(figure(4, width=width))
    inner = [element for element in root.iter(f"{SVG}svg") if element is not root]
    assert [(float(element.attrib["x"]), float(element.attrib["y"])) for element in inner] == places
    right = max(float(element.attrib["x"]) + width for element in inner)
    assert root.attrib["viewBox"].split()[2] == f"{right + 10:g}"


def test_the_legend_breaks_into_lines() -> None:
    kinds = ("line", "dashed", "level", "bar", "dot", "mark")
    keys = tuple(Key(kind, "ink", f"What the {kind} stands for") for kind in kinds)
    root = parsed(figure(keys=keys, width=330))
    shown = [element for element in root if element.tag == f"{SVG}text"]
    assert [element.text for element in shown] == [key.title for key in keys]
    lines: dict[str, list[float]] = {}
    for element in shown:
        lines.setdefault(element.attrib["y"], []).append(float(element.attrib["x"]))
    # A symbol and some 20 letters of 9.5 points take about 130 points: two fit into 330 side by side, three do not.
    assert [len(line) for line in lines.values()] == [2, 2, 2]
    panel = root.find(f"{SVG}svg")
    assert panel is not None
    assert max(map(float, lines)) < float(panel.attrib["y"])


@pytest.fixture(scope="module")
def read() -> Results:
    return read_results(RECORDS)


def test_every_figure_of_a_run_is_a_whole_file(read: Results, results: Results) -> None:
    made = [figure for run in (read, results) for e in run.bases for figure in illustrate(view_of(run, e)).all_figures]
    assert {figure.id for figure in made} >= {"invented-stage2", "fig7-bars", "fig9-losses", "table5-nets"}
    for drawn in made:
        named = {name for panel in drawn.panels for name in re.findall(r"var\(--([\w-]+)", panel.svg)}
        assert named | {key.colour for key in drawn.keys} <= PAGE_COLOURS.keys()
        root = parsed(drawn)
        assert {key.title for key in drawn.keys} <= set(texts(root))
        ids = {element.attrib["id"] for element in root.iter() if "id" in element.attrib}
        content = standalone_svg(drawn)
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', content)) <= ids
        assert "var(" not in content
