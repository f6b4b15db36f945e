"""Variants beside their base, and what the students cost beside their teachers."""

import csv
import io
from dataclasses import replace

import pytest
from rich.console import Console

from layerhint.report import write_report
from layerhint.report.content.view import View, view_of
from layerhint.report.figures.figures import illustrate
from layerhint.report.output.csv_table import csv_files
from layerhint.report.output.markdown import markdown_of
from layerhint.report.output.page import page_of
from layerhint.report.output.terminal import TerminalTable
from layerhint.report.reading.results import Results


@pytest.fixture(scope="module")
def view(results: Results) -> View:
    return view_of(results, results.experiment("fig7"))


def test_a_line_for_each_variant(view: View) -> None:
    assert view.variants is not None
    assert [line.setting for line in view.variants.lines] == ["lambda=4", "middle_layer=stage2_end"]
    assert [row.key for row in view.variants.rows] == [
        "teacher",
        "student",
        "kd",
        "hint-kd",
        "sl-resnet",
        "sl-resnet-kd",
        "proposed",
    ]


def test_what_a_variant_leaves_alone_is_the_same_nets(view: View) -> None:
    assert view.variants is not None
    same = {
        line.setting: [row.key for row, cell in zip(view.variants.rows, line.cells, strict=True) if cell.same]
        for line in view.variants.lines
    }
    # On CIFAR-10 all methods with KD have one lambda; SL-ResNet has none without KD, and no hints.
    assert same["lambda=4"] == ["teacher", "student", "sl-resnet"]
    assert same["middle_layer=stage2_end"] == ["teacher", "student", "kd", "sl-resnet", "sl-resnet-kd", "proposed"]


def test_the_change_is_the_variant_less_the_base(view: View) -> None:
    assert view.variants is not None
    (changed,) = (
        cell for row, cell in zip(view.variants.rows, view.variants.lines[1].cells, strict=True) if row.key == "hint-kd"
    )
    base = view.table.row("hint-kd")
    assert base is not None
    assert changed.row is not None
    assert changed.change is not None
    assert base.mean is not None
    assert changed.row.mean is not None
    assert changed.change.value == pytest.approx(changed.row.mean - base.mean)
    assert changed.change.interval is not None


LEFT = {f"cifar10/resnet14-resnet8/kd/lambda=4/net{n}" for n in (2, 3)} | {"cifar10/resnet14-resnet8/hint-kd/net3"}


@pytest.fixture(scope="module")
def some(results: Results) -> Results:
    """Of KD under lambda=4 one net has finished, of the experiment's own Hint-KD two."""
    return replace(results, trained={i: trained for i, trained in results.trained.items() if i not in LEFT})


def test_an_unfinished_variant_has_no_interval(some: Results) -> None:
    table = view_of(some, some.experiment("fig7")).variants
    assert table is not None
    cells = {row.key: cell for row, cell in zip(table.rows, table.lines[0].cells, strict=True)}
    kd, hint_kd = cells["kd"], cells["hint-kd"]
    assert kd.row is not None
    assert hint_kd.row is not None
    assert (kd.row.so_far, hint_kd.row.so_far) == ("1 of 3 nets", "")
    assert kd.change is not None
    assert hint_kd.change is not None
    assert kd.change.interval is None
    assert hint_kd.change.interval is None, "the base's nets have not finished"


def test_every_output_says_how_many_nets_have_finished(some: Results) -> None:
    view = view_of(some, some.experiment("fig7"))
    assert view.variants is not None
    (kd,) = (
        cell.row for row, cell in zip(view.variants.rows, view.variants.lines[0].cells, strict=True) if row.key == "kd"
    )
    assert kd is not None
    shown = f"{kd.mean:.2f}"
    (line,) = (line for line in markdown_of(illustrate(view), ()).splitlines() if line.startswith("| `lambda=4`"))
    assert f"| {shown}, 1 of 3 nets (" in line
    (stands,) = (line for line in markdown_of(illustrate(view), ()).splitlines() if line.startswith("| As it stands"))
    assert stands.count(", 2 of 3 nets |") == 1
    lines = csv.DictReader(csv_files(view)["fig7-variants.csv"].splitlines())
    found = {each["row"]: each for each in lines if each["variant"] == "lambda=4"}
    assert [found["kd"][key] for key in ("finished", "nets", "mean", "low")] == ["1", "3", shown, ""]
    assert [found["hint-kd"][key] for key in ("finished", "base_finished")] == ["3", "2"]
    console = Console(width=240, record=True, file=io.StringIO())
    console.print(TerminalTable(view))
    assert f"{shown}, 1 of 3 nets (" in console.export_text()
    page = page_of(some, [illustrate(view)], None)
    assert f'{shown}</a><span class="under">1 of 3 nets</span>' in page
    assert page.count('<span class="under">2 of 3 nets</span>') == 1


def test_variants_have_no_report_of_their_own(results: Results) -> None:
    assert [experiment.name for experiment in results.bases] == ["fig7", "fig9", "table5"]
    assert [e.name for e in results.variants(results.experiment("fig9"))] == []


def test_a_variant_without_its_base_stands_alone(results: Results) -> None:
    alone = [e for e in results.experiments if e.variant_of]
    assert [e.name for e in replace(results, experiments=alone).bases] == [e.name for e in alone]


def test_the_students_share_of_the_teachers_cost(view: View) -> None:
    assert view.costs is not None
    teacher, student = view.costs.lines
    assert (teacher.label, student.label) == ("Teacher, ResNet-14 {16, 32, 64}", "Student, ResNet-8 {16, 32, 64}")
    # The invented run has a parameter for each 150 multiply-adds: 12,239,488 of ResNet-8; ResNet-14 has three modules
    # more, each of two convolutions with 2,359,296.
    assert student.texts[0] == f"{12_239_488 // 150:,}"
    assert student.shares[0] == f"{round(100 * 12_239_488 / (12_239_488 + 6 * 2_359_296))}%"
    assert teacher.shares == ("", "", "", "")
    assert view.costs.conditions == (
        "the median of 200 passes of one image on the CPU (an invented CPU, 2 cores, 1 thread), "
        "torchcaffe 0.1.0 (PyTorch 2.13.0)"
    )


def test_the_files_of_the_variants(results: Results, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("report")
    names = {path.name for path in write_report(results.folder, out)}
    assert "fig7-variants.csv" in names
    assert not {name for name in names if "@" in name}
    lines = (out / "fig7-variants.csv").read_text().splitlines()
    assert lines[0] == "variant,row,same_nets,nets,finished,mean,spread,base_finished,base_mean,change,low,high"
    assert len(lines) == 1 + 2 * 7
    assert "middle_layer=stage2_end,kd,yes," in lines[10]
    curves = (out / "fig9-curves.csv").read_text().splitlines()
    first = dict(zip(curves[0].split(","), curves[1].split(","), strict=True))
    assert first["quantity"] == "hint loss 1"
    assert float(first["per_element"]) == pytest.approx(float(first["value"]) / 16384, rel=1e-5)
