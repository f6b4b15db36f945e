"""The numbers as CSV: the table, the claims, the curves, the variants, the lineage."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from layerhint.report.content.curves import stage2_curves
from layerhint.report.content.grid import Field, grid_of
from layerhint.report.content.hint_curves import hint_curves
from layerhint.report.content.lineage import Lineage
from layerhint.report.content.view import View
from layerhint.report.numbers import ABSENT, MINUS, percent, signed
from layerhint.report.statistics.intervals import Difference

Line = Iterable[object]


def csv_files(view: View) -> Mapping[str, str]:
    """An experiment's CSV files by name; those that would be empty are left out.

    - `<name>.csv`: the table, numbers as they are shown; what is absent is empty. Each line says under which profile
      and scale it was measured.
    - `<name>-claims.csv`: the verdicts on what the paper's text claims and on the other comparisons.
    - `<name>-curves.csv`: every logged hint loss of Stage 1, as it is and normalised both ways, and every test of
      Stage 2, one value a line.
    - `<name>-variants.csv`: each row of each variant beside the base's.
    """
    name = view.experiment.name
    tables = {
        f"{name}.csv": (_table_head(view), _table(view)),
        f"{name}-claims.csv": (_CLAIMS, _claims(view)),
        f"{name}-curves.csv": (_CURVES, (*_hint_losses(view), *_tests(view))),
        f"{name}-variants.csv": (_VARIANTS, _variants(view)),
    }
    texts = {file: _text(head, lines) for file, (head, lines) in tables.items()}
    return {file: text for file, text in texts.items() if text.count("\n") > 1}


def lineage_csv(lineages: Sequence[Lineage]) -> str:
    """A line for each file of each training: what it is, its path and hash; and one for each command."""
    return _text(("training", "what", "value", "sha256"), _lineage(lineages))


def _lineage(lineages: Sequence[Lineage]) -> Iterator[Line]:
    for entry in lineages:
        yield from ((entry.id, file.role, file.path, file.sha256) for file in entry.files)
        yield from ((entry.id, "Starts from", parent, "") for parent in entry.parents)
        yield from ((entry.id, label, value, "") for label, value in (*entry.facts, *entry.commands))


def _text(head: Line, lines: Iterable[Line]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(lines)
    return stream.getvalue()


def _table_head(view: View) -> Line:
    columns = (column.key for column in grid_of(view.table).columns)
    return ("experiment", "profile", "scale", "measure", "row", *columns)


def _table(view: View) -> Iterator[Line]:
    experiment = view.experiment
    run = (experiment.name, experiment.profile, f"{experiment.scale:g}", experiment.measure)
    for line in grid_of(view.table).lines:
        yield (*run, line.row.key, *map(_plain, line.fields))


def _plain(field: Field) -> str:
    return "" if field.text == ABSENT else field.text.replace(MINUS, "-")


_MARGINS = ("points", "low", "high")
_CLAIMS = ("ordering", "in_text", "verdict", *_MARGINS, *(f"paper_{end}" for end in _MARGINS), "paper_verdict")


def _claims(view: View) -> Iterator[Line]:
    decimals = view.table.decimals
    for in_text, judgements in (("yes", view.claims), ("no", view.comparisons)):
        for judgement in judgements:
            margins = (*_ends(judgement.margin, decimals), *_ends(judgement.paper_margin, decimals))
            yield (judgement.claim, in_text, judgement.verdict, *margins, judgement.paper_verdict or "")


def _ends(found: Difference | None, decimals: int) -> list[str]:
    values = (found.value, found.low, found.high) if found else (None,) * 3
    return ["" if value is None else signed(value, decimals, minus="-") for value in values]


_CURVES = ("stage", "method", "net", "quantity", "iteration", "value", "of_first", "per_element")


def _hint_losses(view: View) -> Iterator[Line]:
    for method in hint_curves(view):
        for step in method.steps:
            quantity = f"hint loss {step.number}" if step.number else "hint loss"
            for iteration, loss in step.losses:
                element = f"{loss / step.elements:.6g}" if step.elements else ""
                yield (1, method.method, "", quantity, iteration, loss, f"{loss / step.first:.6g}", element)


def _tests(view: View) -> Iterator[Line]:
    for quantity in ("score", "loss"):
        curves = stage2_curves(view, quantity)
        name = view.experiment.measure if quantity == "score" else "test loss"
        for method in curves.methods if curves else ():
            for net in method.nets:
                yield from ((2, method.method, net.number, name, x, f"{y:.6g}", "", "") for x, y in net.series)


_OF_ROWS = ("nets", "finished", "mean", "spread", "base_finished", "base_mean", "change", "low", "high")
_VARIANTS = ("variant", "row", "same_nets", *_OF_ROWS)


def _variants(view: View) -> Iterator[Line]:
    decimals = view.table.decimals
    for line in view.variants.lines if view.variants else ():
        for base, cell in zip(view.variants.rows if view.variants else (), line.cells, strict=True):
            if cell.row is None or cell.row.sample is None:
                continue
            spread = cell.row.nets.spread if cell.row.nets else None
            yield (
                line.setting,
                base.key,
                "yes" if cell.same else "no",
                len(cell.row.cells),
                cell.row.finished,
                percent(cell.row.mean, decimals),
                "" if spread is None else percent(spread, decimals),
                base.finished,
                percent(base.mean, decimals) if base.mean is not None else "",
                *_ends(cell.change, decimals),
            )
