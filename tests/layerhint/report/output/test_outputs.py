"""What the report writes: Markdown, CSV, the terminal's table, the command line."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from layerhint.commands.report import main
from layerhint.errors import LayerhintError
from layerhint.report import terminal_table, write_report
from layerhint.run_command import run_command

CASES = Path(__file__).parents[3] / "cases/report"
RECORDS = CASES / "records"
EXPECTED = (
    "overview.md",
    "invented.md",
    "invented.csv",
    "invented-claims.csv",
    "invented-curves.csv",
    "invented-errors.csv",
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "report"
    write_report(RECORDS, out)
    return out


def shown(width: int, name: str = "invented") -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    with console.file:
        console.print(terminal_table(RECORDS, name))
        return console.export_text()


@pytest.mark.parametrize("name", EXPECTED)
def test_texts_are_as_expected(report: Path, name: str) -> None:
    assert (report / name).read_text(encoding="utf-8") == (CASES / "expected" / name).read_text(encoding="utf-8")


def test_the_same_records_give_the_same_bytes(report: Path, tmp_path: Path) -> None:
    again = tmp_path / "report"
    paths = write_report(RECORDS, again)
    assert [path.name for path in paths] == [
        "index.html",
        "overview.md",
        "invented.md",
        "invented.csv",
        "invented-claims.csv",
        "invented-curves.csv",
        "invented-stage2.svg",
        "invented-stage1.svg",
        "invented-errors.md",
        "invented-errors.csv",
        "invented-errors-curves.csv",
        "invented-errors-stage2.svg",
        "lineage.csv",
    ]
    for path in paths:
        assert path.read_bytes() == (report / path.name).read_bytes()
    assert sorted(again.iterdir()) == sorted(paths)


def test_the_terminal_drops_columns_rather_than_cutting_them() -> None:
    wide, middle, narrow = shown(140), shown(95), shown(58)
    assert "Paper 3" in wide
    assert "Paper 3" not in middle
    assert "Net 2" in middle
    assert "Net 2" not in narrow
    for text in (wide, middle, narrow):
        assert "schedules scaled" in text
        assert "91.15" in text
        assert "+0.39" in text
        assert "…" not in text


def test_the_terminal_says_how_it_was_measured() -> None:
    text = " ".join(shown(300).split())
    assert "P_c: test accuracy in %, last test." in text
    assert "Comparison: KD without hints > Plain student: inconclusive, by +0.85 points." in text
    assert "torchcaffe 0.1.0 (PyTorch 2.13.0)" in text
    assert "There is no such proof for cifar10/resnet26-resnet14/proposed/g2." in text


def test_the_package_and_the_terminal_load_neither_matplotlib_nor_torch() -> None:
    code = (
        "import sys, pathlib, layerhint.report as r\n"
        "heavy = {'matplotlib', 'jinja2', 'torch', 'numpy'}\n"
        "assert not (heavy | {'rich'}) & set(sys.modules), 'import'\n"
        f"r.terminal_table(pathlib.Path({str(RECORDS)!r}), 'invented')\n"
        "assert not heavy & set(sys.modules), 'table'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_out_copies_the_records_of_finished_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out = tmp_path / "run", tmp_path / "results/invented"
    shutil.copytree(RECORDS, run / "records")
    assert run_command(main, [str(run), "--out", str(out)]) == 0
    copied = {path.relative_to(out).as_posix() for path in out.rglob("*.json")}
    assert "records/cifar10/resnet26/plain/plain.json" in copied
    assert "records/cifar10/resnet26-resnet14/proposed/net2.started.json" not in copied
    assert "records/report.json" not in copied
    assert len(copied) == 11  # 7 trainings, 2 experiments, 1 data set, 1 copy of weights
    assert "Invented: a table" in capsys.readouterr().out
    first = (out / "index.html").read_bytes()
    assert run_command(main, [str(out), "--out", str(out)]) == 0, "from the committed records alone"
    assert (out / "index.html").read_bytes() == first
    assert not list(out.rglob("*.tmp"))


def test_without_out_the_report_lies_in_the_run(tmp_path: Path) -> None:
    shutil.copytree(RECORDS, tmp_path / "records")
    assert run_command(main, [str(tmp_path)]) == 0
    assert (tmp_path / "report/index.html").is_file()


def test_records_of_another_run_are_not_mixed_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out = tmp_path / "run", tmp_path / "out"
    shutil.copytree(RECORDS, run / "records")
    other = out / "records/cifar10/resnet8/plain/plain.json"
    other.parent.mkdir(parents=True)
    other.write_text("{}")
    assert run_command(main, [str(run), "--out", str(out)]) == 1
    assert "cifar10/resnet8/plain/plain.json: it is another run's" in capsys.readouterr().err
    assert other.read_text() == "{}"


def test_a_folder_that_is_no_run_is_an_error_with_a_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(main, [str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "holds no record of an experiment" in error
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    assert run_command(main, [str(CASES), "--out", str(tmp_path / "file")]) == 1
    assert "Choose another place with --out" in capsys.readouterr().err
    with pytest.raises(LayerhintError, match=r"cannot write .*index\.html: .*Choose another place"):
        write_report(RECORDS, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "in the way"
