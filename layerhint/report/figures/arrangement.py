"""How the paper arranges its figures: which bars, in which order, under which case numbers."""

from collections.abc import Mapping

BAR_CASES: Mapping[str, tuple[str, ...]] = {
    "fig5": ("student", "kd", "hint-kd", "hint-kd-plus", "proposed"),
    "fig7": ("student", "kd", "hint-kd", "sl-resnet", "sl-resnet-kd", "proposed"),
}
"""Figures whose bars are numbered: Case 1, Case 2, ... are the rows of these keys. Figures 8 and 10 number none."""

CURVE_CASES: Mapping[str, Mapping[str, str]] = {
    "fig4": {"hint-kd": "Cases 1 and 3", "proposed": "Cases 2 and 4", "student": "Case 5"}
}
"""Figure 4: Cases 1 and 2 are test losses, 3 and 4 accuracies, 5 the level of the plain student's accuracy."""
