"""The colours that the page knows by name."""

from layerhint.experiments.methods import METHOD_TITLES
from layerhint.report.figures.colours import METHOD_COLOURS, PAGE_COLOURS, method_colour


def test_the_paper_s_methods_have_colours_of_their_own() -> None:
    known = [METHOD_COLOURS[method] for method in METHOD_TITLES if method in METHOD_COLOURS]
    assert len(set(known)) == len(known) >= 7


def test_a_method_without_a_colour_is_drawn_in_ink() -> None:
    assert method_colour("proposed") == "method-proposed"
    assert method_colour("one-of-one-s-own") == "ink"
    assert {"method-proposed", "ink"} <= PAGE_COLOURS.keys()
