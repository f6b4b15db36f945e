"""Figure 2: teacher and student part by part, with each method's hint/guided pairs, as the nets' files have them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from layerhint.records.drawn_nets import DrawnNets, DrawnPart
from layerhint.records.experiment_description import ExperimentDescription
from layerhint.report.figures.colours import pair_colour
from layerhint.report.figures.elements import arrow_head, box, line, svg, text
from layerhint.report.figures.figure import Figure, Panel

WIDTH, COLUMN, TOP, BOTTOM = 300.0, 104.0, 32.0, 4.0
BOX, STRIDE = 15.5, 19.5
LEFT = (1.0, WIDTH - COLUMN - 1.0)
TINTS = 3

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Pair:
    """A hint layer and a guided layer, the shape that they are compared in, and the regressor's kernel or None."""

    hint: str
    guided: str
    shape: Shape
    regressor: int | None


def nets_figure(experiment: ExperimentDescription) -> Figure | None:
    """A panel for each set of pairs, with the methods that have it; None where no nets are recorded."""
    nets = experiment.nets
    if nets is None or not nets.teacher or not nets.student:
        return None
    sets = _sets(experiment, nets)
    if not sets:
        return None
    regressor = any(pair.regressor for pairs in sets for pair in pairs)
    return Figure(
        id=f"{experiment.name}-nets",
        title="Nets and hint/guided pairs",
        caption="Each box is a part of the net, named as its output blob; shapes are channels × height × width of that "
        "blob, where they change. An arrow goes from a hint layer to the guided layer that learns it."
        + (" A small square is the regressor, with its kernel." if regressor else ""),
        least="17rem",
        keys=(),
        panels=tuple(_panel(experiment, nets, pairs, titles) for pairs, titles in sets.items()),
    )


def _sets(experiment: ExperimentDescription, nets: DrawnNets) -> Mapping[tuple[Pair, ...], list[str]]:
    """The methods' titles by their pairs."""
    sets: dict[tuple[Pair, ...], list[str]] = {}
    for row in experiment.methods:
        pairs = tuple(
            Pair(pair.hint, pair.guided, pair.shape, pair.regressor) for pair in nets.pairs.get(row.method, ())
        )
        if pairs:
            sets.setdefault(pairs, []).append(row.title)
    return sets


def _panel(experiment: ExperimentDescription, nets: DrawnNets, pairs: Sequence[Pair], titles: Sequence[str]) -> Panel:
    teacher, student = nets.teacher, nets.student
    places = _places(teacher, student, pairs)
    height = TOP + max(max(column.values()) for column in places) + BOX + BOTTOM
    shades = _shades([*teacher, *student])
    body = [
        *_column("Teacher", experiment.teacher.label, teacher, places[0], LEFT[0], shades),
        *_column("Student", experiment.student.label, student, places[1], LEFT[1], shades),
        *(mark for number, pair in enumerate(pairs, 1) for mark in _arrow(number, pair, places, len(pairs) == 1)),
    ]
    spelt = "; ".join(f"{pair.hint} of the teacher to {pair.guided} of the student" for pair in pairs)
    return Panel(", ".join(titles), svg(WIDTH, height, f"Hint/guided pairs: {spelt}", body))


def _places(
    teacher: Sequence[DrawnPart], student: Sequence[DrawnPart], pairs: Sequence[Pair]
) -> tuple[dict[str, float], dict[str, float]]:
    """How far down each part of both nets is: the two of a pair side by side, the others spread evenly between."""
    places: tuple[dict[str, float], dict[str, float]] = ({}, {})
    rest = [list(teacher), list(student)]
    top = 0.0
    for ends in [*((pair.hint, pair.guided) for pair in pairs), (None, None)]:
        segments = [_up_to(parts, end) for parts, end in zip(rest, ends, strict=True)]
        height = STRIDE * max(map(len, segments))
        for place, parts, segment in zip(places, rest, segments, strict=True):
            del parts[: len(segment)]
            for i, part in enumerate(segment, start=1):
                place[part.name] = top + height * i / len(segment) - STRIDE
        top += height
    return places


def _up_to(parts: Sequence[DrawnPart], last: str | None) -> list[DrawnPart]:
    """The parts up to that one; all of them if it is None or not there."""
    names = [part.name for part in parts]
    return list(parts[: names.index(last) + 1] if last in names else () if last is not None else parts)


def _shades(parts: Sequence[DrawnPart]) -> dict[Shape, str]:
    """A tint for each size of feature maps, the same in both nets; none for vectors."""
    sizes = sorted({part.shape[1:] for part in parts if _is_map(part.shape)}, reverse=True)
    tints = {size: f"tint-{min(number, TINTS)}" for number, size in enumerate(sizes, start=1)}
    return {part.shape: tints.get(part.shape[1:], "paper") for part in parts}


def _is_map(shape: Shape) -> bool:
    return len(shape) == 3 and shape[1] > 1


def _column(
    role: str,
    label: str,
    parts: Sequence[DrawnPart],
    places: Mapping[str, float],
    left: float,
    shades: Mapping[Shape, str],
) -> Iterator[str]:
    middle = left + COLUMN / 2
    yield text((middle, 8), role, size=10.5, anchor="middle")
    yield text((middle, 21), label, "soft", 9.5, "middle")
    tops = [TOP + places[part.name] for part in parts]
    yield line((middle, tops[0]), (middle, tops[-1] + BOX), "rule", 1.2)
    before: Shape = ()
    for part, top in zip(parts, tops, strict=True):
        yield box(left, top, COLUMN, BOX, shades[part.shape], "soft", 0.6)
        yield text((left + 6, top + BOX / 2), part.name, size=9.5)
        if part.shape != before:
            yield text((left + COLUMN - 5, top + BOX / 2), _spelt(part.shape), "soft", 8.5, "end")
        before = part.shape


def _arrow(
    number: int, pair: Pair, places: tuple[Mapping[str, float], Mapping[str, float]], lone: bool
) -> Iterator[str]:
    if pair.hint not in places[0] or pair.guided not in places[1]:
        return
    colour = pair_colour(number)
    tops = [TOP + place[name] for place, name in zip(places, (pair.hint, pair.guided), strict=True)]
    for left, top in zip(LEFT, tops, strict=True):
        yield box(left, top, COLUMN, BOX, "", colour, 1.8)
    start, end = (LEFT[0] + COLUMN + 1, tops[0] + BOX / 2), (LEFT[1] - 1, tops[1] + BOX / 2)
    yield line(start, end, colour, 1.4)
    yield arrow_head(end, colour)
    middle = (start[0] + end[0]) / 2
    name = "H to G" if lone else f"H{number} to G{number}"
    yield text((middle, start[1] - 6), name, colour, 9.5, "middle")
    if pair.regressor:
        yield box(end[0] - 28, end[1] - 7.5, 24, 15, "paper", colour, 1.2)
        yield text((end[0] - 16, end[1]), f"{pair.regressor}×{pair.regressor}", colour, 8.5, "middle")


def _spelt(shape: Shape) -> str:
    return "×".join(map(str, shape))
