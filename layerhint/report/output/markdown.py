"""An experiment as Markdown: the same tables and sentences as on the page."""

from collections.abc import Iterable, Iterator, Sequence

from layerhint.report.content.costs import COLUMNS as COST_COLUMNS
from layerhint.report.content.explain import columns, rules
from layerhint.report.content.grid import Column, Field, grid_of
from layerhint.report.content.lineage import COLUMNS, TEXTS, Lineage, summary
from layerhint.report.content.loss_table import loss_table
from layerhint.report.content.overview import Overview
from layerhint.report.content.variant_table import VariantCell, mean_text
from layerhint.report.content.verdicts import Judgement, row_name
from layerhint.report.content.view import View
from layerhint.report.figures.figure import Figure
from layerhint.report.figures.figures import Illustrated
from layerhint.report.numbers import signed, significant
from layerhint.report.statistics.intervals import Difference


def markdown_of(illustrated: Illustrated, lineages: Sequence[Lineage]) -> str:
    """A document of its own: the table measured beside the paper, verdicts, figures, facts, the list of records.

    The figures are files beside it, named by their ids.
    """
    view = illustrated.view
    lines = [line for part in (_table, _claims, _losses, _variants) for line in part(view)]
    lines += _figures(illustrated.all_figures)
    lines += [line for part in (_costs, _facts, _rules) for line in part(view)]
    own = set(view.experiment.trainings)
    return "\n".join([*lines, *_lineage([entry for entry in lineages if entry.id in own])]) + "\n"


def overview_markdown(overview: Overview) -> str:
    """All experiments at a glance, each a link to its own document."""
    head = ["Experiment", "Proposed (%)", "Spread", "Paper", "Difference", "95 % interval", "Orderings claimed"]
    lines = ["# At a glance", "", overview.sentence, "", _line([*head, "Trainings"])]
    lines.append(_line(["---", *["---:"] * 5, "---", "---:"]))
    for line in overview.lines:
        claims = ", ".join(line.verdicts.values())
        measured = f"{line.measured} ({line.so_far})" if line.so_far else line.measured
        figures = [measured, line.spread, line.paper, line.difference, line.interval]
        link = f"[{line.title}]({line.name}.md)"
        lines.append(_line([link, *figures, claims, f"{line.finished} of {line.trainings}"]))
    return "\n".join(lines) + "\n"


def _table(view: View) -> Iterator[str]:
    grid = grid_of(view.table)
    yield f"# {view.experiment.heading}"
    yield ""
    for note in view.facts.notes:
        yield f"**Note.** {note}"
        yield ""
    if grid.lines:
        yield _line(["Method", *map(_head, grid.columns)])
        yield _line(["---", *["---:"] * len(grid.columns)])
        for line in grid.lines:
            yield _line([line.row.label, *map(_shown, line.fields)])
        yield ""
        yield " ".join(columns(view))
        yield ""


def _claims(view: View) -> Iterator[str]:
    for heading, judgements in (("What the paper claims", view.claims), ("Other comparisons", view.comparisons)):
        if judgements:
            yield from (f"## {heading}", "", *_judgements(judgements, view.table.decimals), "")


def _judgements(judgements: Sequence[Judgement], decimals: int) -> Iterator[str]:
    head = ["Better", "Than", "Verdict", "By (points)", "95 % interval", "Paper: by", "Paper: interval"]
    yield _line([*head, "Paper: verdict"])
    yield _line([*["---"] * 3, *["---:"] * 4, "---"])
    for judgement in judgements:
        rows = [row_name(judgement.better), row_name(judgement.worse)]
        margins = [*_margin(judgement.margin, decimals), *_margin(judgement.paper_margin, decimals)]
        yield _line([*rows, judgement.verdict, *margins, judgement.paper_verdict or ""])


def _margin(found: Difference | None, decimals: int) -> tuple[str, str]:
    if found is None:
        return "", ""
    ends = [signed(end, decimals) for end in found.interval or ()]
    return signed(found.value, decimals), " to ".join(ends)


def _losses(view: View) -> Iterator[str]:
    lines = loss_table(view)
    if not lines:
        return
    yield from ("## Each hint loss at its end", "")
    yield _line(["Loss", "Method", "First batch", "At the end", "Relative to the first", "Per element"])
    yield _line(["---", "---", *["---:"] * 4])
    for line in lines:
        figures = (line.first, line.last, line.of_first, line.per_element)
        yield _line([f"{line.pair}", line.title, *("" if f is None else significant(f) for f in figures)])
    yield ""


def _variants(view: View) -> Iterator[str]:
    if view.variants is None:
        return
    decimals = view.table.decimals
    rows = view.variants.rows
    yield from ("## With other settings", "")
    yield _line(["Variant", *map(row_name, rows)])
    yield _line(["---", *["---:"] * len(rows)])
    yield _line(["As it stands", *(mean_text(row, decimals) for row in rows)])
    for line in view.variants.lines:
        yield _line([f"`{line.setting}`", *(_variant(cell, decimals) for cell in line.cells)])
    yield ""


def _variant(cell: VariantCell, decimals: int) -> str:
    if cell.same or cell.row is None:
        return "the same" if cell.same else ""
    change = cell.change
    ends = f", {' to '.join(signed(end, decimals) for end in change.interval)}" if change and change.interval else ""
    return mean_text(cell.row, decimals) + (f" ({signed(change.value, decimals)}{ends})" if change else "")


def _figures(figures: Iterable[Figure]) -> Iterator[str]:
    for figure in figures:
        yield from (f"## {figure.title}", "", f"![{figure.title}]({figure.id}.svg)", "", figure.caption, "")


def _costs(view: View) -> Iterator[str]:
    if view.costs is None:
        return
    yield from ("## What the student saves", "")
    yield _line(["Net", *COST_COLUMNS])
    yield _line(["---", *["---:"] * len(COST_COLUMNS)])
    for line in view.costs.lines:
        texts = zip(line.texts, line.shares, strict=True)
        yield _line([line.label, *(f"{text} ({share})" if share else text for text, share in texts)])
    yield ""
    if view.costs.conditions:
        yield from (f"Latency: {view.costs.conditions}.", "")


def _facts(view: View) -> Iterator[str]:
    yield from ("## How it was measured", "", f"**Frozen teacher.** {view.facts.proof.text}", "")
    for label, value in view.facts.items:
        yield f"- {label}: {value}"
    yield ""


def _rules(view: View) -> Iterator[str]:
    sentences = rules(view)
    if sentences:
        yield from ("## How to read the intervals", "", *(f"- {sentence}" for sentence in sentences), "")


def _lineage(lineages: Sequence[Lineage]) -> Iterator[str]:
    yield from ("## Records", "", "Files, hashes, parents and the commands that make each again: `lineage.csv`.", "")
    yield _line(COLUMNS)
    yield _line(["---" if name in TEXTS else "---:" for name in COLUMNS])
    for entry in lineages:
        yield _line(summary(entry))


def _head(column: Column) -> str:
    if column.key in ("low", "high"):
        return f"95 % {column.label}"
    return f"Paper: {column.label.lower()}" if column.group == "paper" else column.label


def _shown(field: Field) -> str:
    return f"**{field.text}**" if field.leads else field.text


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
