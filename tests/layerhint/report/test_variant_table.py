"""Variants beside their base, and what the students cost beside their teachers."""

import pytest

from layerhint.report import write_report
from layerhint.report.results import Results
from layerhint.report.view import View, view_of


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
    # SL-ResNet's lambda is a number of its own, and its first stage has no hints.
    assert same["lambda=4"] == ["teacher", "student", "sl-resnet", "sl-resnet-kd"]
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


def test_variants_have_no_report_of_their_own(results: Results) -> None:
    assert [experiment.name for experiment in results.bases] == ["fig7", "fig9", "table5"]
    assert [e.name for e in results.variants(results.experiment("fig9"))] == []


def test_a_variant_without_its_base_stands_alone(results: Results) -> None:
    alone = [e for e in results.experiments if e.variant_of]
    from dataclasses import replace

    assert [e.name for e in replace(results, experiments=alone).bases] == [e.name for e in alone]


def test_the_students_share_of_the_teachers_cost(view: View) -> None:
    assert view.costs is not None
    teacher, student = view.costs.lines
    assert (teacher.label, student.label) == ("Teacher, ResNet-14 {16, 32, 64}", "Student, ResNet-8 {16, 32, 64}")
    # Counted by hand for ResNet-8: conv1 9*3*16 + 32; res1_1 2 (9*16*16 + 32); res2_1 9*16*32 + 9*32*32 + 128;
    # res3_1 9*32*64 + 9*64*64 + 256; fc 650.
    expected = 464 + 2 * 2336 + (4608 + 9216 + 128) + (18432 + 36864 + 256) + 650
    assert student.texts[0] == f"{expected:,}"
    assert student.shares[0] == "44%"
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
    assert lines[0] == "variant,row,same_nets,mean,spread,base_mean,change,low,high"
    assert len(lines) == 1 + 2 * 7
    assert "middle_layer=stage2_end,kd,yes," in lines[10]
    curves = (out / "fig9-curves.csv").read_text().splitlines()
    first = dict(zip(curves[0].split(","), curves[1].split(","), strict=True))
    assert first["quantity"] == "hint loss 1"
    assert float(first["per_element"]) == pytest.approx(float(first["value"]) / 16384, rel=1e-5)
