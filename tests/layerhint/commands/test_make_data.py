"""The command `make_data.py`: what it prints and how it exits."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from layerhint.commands import make_data
from layerhint.datasets.publishers import DATASETS
from layerhint.datasets.sample.manifest import SAMPLE_DIR, sample_descriptor
from layerhint.run_command import run_command

ROOT = Path(__file__).resolve().parents[3]


def test_it_makes_a_sample_and_then_says_up_to_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(make_data.main, ["mnist", "--sample", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "mnist: not made yet" in said
    assert "the sample of mnist: 2,000 training and 500 test images" in said
    assert run_command(make_data.main, ["mnist", "--sample", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"mnist: up to date in {tmp_path / 'mnist'}\n"
    assert run_command(make_data.main, ["mnist", "--sample", "--out", str(tmp_path), "--force"]) == 0
    assert "made anew as asked" in capsys.readouterr().out


def test_an_unverified_file_is_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DATASETS, "mnist", sample_descriptor(DATASETS["mnist"], SAMPLE_DIR))
    source = tmp_path / "source"
    source.mkdir()
    for packed in (SAMPLE_DIR / "mnist").iterdir():
        content = bytearray(gzip.decompress(packed.read_bytes()))
        if packed.name.startswith("t10k-images"):
            content[-1] ^= 1
        (source / packed.stem).write_bytes(content)
    assert run_command(make_data.main, ["mnist", "--source", str(source), "--out", str(tmp_path)]) == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if "note:" in line]
    assert len(notes) == 1
    assert "t10k-images-idx3-ubyte has not the publisher's checksum" in notes[0]


def test_a_mistake_is_one_line_and_exit_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run_command(make_data.main, ["mnist", "--source", str(tmp_path / "absent"), "--out", str(tmp_path / "out")])
        == 1
    )
    said = capsys.readouterr().err
    assert said == f"error: {tmp_path / 'absent'} is absent: name the folder that holds MNIST's files\n"


def test_an_interruption_says_so_and_exits_with_130(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(make_data, "make_dataset", interrupt)
    assert run_command(make_data.main, ["mnist", "--sample", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err.endswith("a download goes on where it was\nstopped\n")


def test_a_misspelt_data_set_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        make_data.main(["cifar"])
    assert exit_.value.code == 2
    assert "invalid choice: 'cifar'" in capsys.readouterr().err


def test_the_tool_runs_from_a_checkout(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, ROOT / "tools/make_data.py", "mnist", "--sample", "--out", tmp_path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0
    assert ran.stderr.splitlines()[-2:] == ["  write train_lmdb", "  write test_lmdb"], "on a terminal, bars"
    assert (tmp_path / "mnist/train_lmdb/data.mdb").is_file()
