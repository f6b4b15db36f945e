"""The command line of tools/render.py."""

from pathlib import Path

import pytest

from layerhint.commands.render import main
from layerhint.run_command import run_command

OWN = str(Path(__file__).parents[2] / "cases/golden/small.yaml")


def test_check_finds_the_committed_files_as_they_should_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(main, ["--check"]) == 0
    assert "files are as the templates make them" in capsys.readouterr().out


def test_render_then_edit_then_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["table1", "--out", str(tmp_path), "--mode", "cpu", "--set", "shortcut=projection", "--scale", "0.1"]
    assert run_command(main, arguments) == 0
    assert run_command(main, [*arguments, "--check"]) == 0
    solver = tmp_path / "generated/cifar10/resnet26/plain/solver.prototxt"
    text = solver.read_text(encoding="utf-8")
    assert "solver_mode: CPU\n" in text
    assert "max_iter: 6400\n" in text
    solver.write_text(text.replace("0.9", "0.8"), encoding="utf-8")
    (tmp_path / "generated/cifar10/resnet26/plain/test.prototxt").unlink()
    (tmp_path / "generated/cifar10/resnet26/plain/old.prototxt").write_text("", encoding="utf-8")
    capsys.readouterr()
    assert run_command(main, [*arguments, "--check"]) == 1
    out = capsys.readouterr().out.splitlines()
    folder = f"{tmp_path}/generated/cifar10/resnet26/plain"
    assert out == [
        f"missing: {folder}/test.prototxt",
        f"changed: {folder}/solver.prototxt",
        f"stray: {folder}/old.prototxt",
    ]
    assert run_command(main, arguments) == 0
    assert solver.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tabel1"], "unknown experiment or group 'tabel1'; did you mean 'table1'?"),
        (["table1", "--set", "shortcut=projection"], "name another folder: --out DIR"),
        (["table1", "--scale", "0.1"], "name another folder: --out DIR"),
        (["table1", "--mode", "cpu"], "name another folder: --out DIR"),
        (["none.yaml"], "none.yaml: cannot be read"),
        (["table1", OWN], f"{OWN} is an experiment of your own; name another folder: --out runs/small"),
        (["table1", "--out", "x", "--set", "lamda=3"], "did you mean 'lambda' or "),
    ],
)
def test_a_mistake_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert run_command(main, [*arguments, "--check"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error


def test_an_experiment_of_one_s_own_stays_out_of_generated(tmp_path: Path) -> None:
    assert run_command(main, [OWN]) == 1
    assert run_command(main, [OWN, "--out", str(tmp_path)]) == 0
    assert list((tmp_path / "generated").rglob("plain/solver.prototxt"))


def test_a_place_that_cannot_be_is_chosen_with_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    assert run_command(main, ["table1", "--out", str(tmp_path / "file")]) == 1
    assert "Choose another place with --out" in capsys.readouterr().err


def test_usage_errors_exit_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--chek"])
    assert caught.value.code == 2
    assert "--chek" in capsys.readouterr().err


def test_the_data_sets_may_lie_elsewhere(tmp_path: Path) -> None:
    assert run_command(main, ["table1", "--out", str(tmp_path / "out"), "--data", str(tmp_path / "lmdbs")]) == 0
    text = (tmp_path / "out/generated/cifar10/resnet14/plain/train.prototxt").read_text(encoding="utf-8")
    assert f'source: "{tmp_path}/lmdbs/cifar10/train_lmdb"' in text
