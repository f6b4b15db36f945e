"""The colours of drawings and of the page: paper and ink, methods, pairs of layers."""

_PAPER = {
    "paper": ("#fcfcfa", "#161718"),
    "ink": ("#1a1a1b", "#ecebe8"),
    "soft": ("#5b5b5c", "#a9a9a6"),
    "rule": ("#dcdcd8", "#37393b"),
    "tint-1": ("#eaf1f8", "#1c2732"),
    "tint-2": ("#d3e3f1", "#223447"),
    "tint-3": ("#b4cfe6", "#2a4560"),
}
_METHODS = {
    "plain": ("#66686b", "#a5a7aa"),
    "kd": ("#1f6fb4", "#74b4f0"),
    "hint-kd": ("#b85c00", "#f3a35c"),
    "hint-kd-plus": ("#a23f97", "#e094d6"),
    "proposed": ("#08785a", "#4fd0a4"),
    "concurrent": ("#846800", "#d8bb4c"),
    "sl-resnet": ("#3b7f91", "#7ac8de"),
    "sl-resnet-kd": ("#b3261e", "#ff9086"),
}
_PAIRS = {1: ("#2166ac", "#7ab3ea"), 2: ("#b35806", "#f0a35c"), 3: ("#1b7837", "#7fce8f")}

INK, SOFT, RULE = (_PAPER[name][0] for name in ("ink", "soft", "rule"))
"""The colours of text and strong lines, of what is less strong, and of thin lines, all on light paper."""
METHOD_COLOURS = {method: light for method, (light, _) in _METHODS.items()}
"""The colours on light paper, which drawings are made with."""
PAIR_COLOURS = {number: light for number, (light, _) in _PAIRS.items()}
"""The colours on light paper, which drawings are made with."""


def method_colour(method: str) -> str:
    """The page's name of a method's colour; that of ink for a method without a colour here."""
    return f"method-{method}" if method in _METHODS else "ink"


def pair_colour(number: int) -> str:
    """The page's name of a hint/guided pair's colour; there are three, which take turns."""
    return f"pair-{(number - 1) % 3 + 1}"


PAGE_COLOURS = {
    **_PAPER,
    **{pair_colour(number): colours for number, colours in _PAIRS.items()},
    **{method_colour(method): colours for method, colours in _METHODS.items()},
}
"""Each colour by the page's name: on light paper, and on dark."""
