"""The command line itself: forms of flags, mistakes in them, and help."""

import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import torchcaffe
from torchcaffe.cli import main
from torchcaffe.cli.flags import Flags, TrainingFlags, UsageError, parse

Result = tuple[int, str]


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "-solver", "s", "-iterations", "7"],
        ["train", "--solver=s", "--iterations=7"],
        ["-solver=s", "train", "--iterations", "7"],
        ["--logtostderr", "train", "-solver", "s", "-alsologtostderr=1", "-iterations=7"],
        ["-solver", "s", "-iterations", "7", "--", "train"],
        ["train", "-solver=s", "-iterations=7", "-nologtostderr", "-v", "1", "--stderrthreshold=2", "-vmodule=a=1"],
    ],
)
def test_flags_come_in_gflags_forms(arguments: list[str]) -> None:
    assert parse(arguments) == (["train"], Flags(solver="s", iterations=7), False)


def test_values_may_hold_anything() -> None:
    _, flags, _ = parse(["-weights=a=b,c", "-stage", "x, y,", "--sigint-effect", "none", "-iterations", "-1"])
    assert (flags.weights, flags.stages, flags.sigint_effect, flags.iterations) == ("a=b,c", ["x", "y"], "none", -1)


def test_glogs_flags_have_their_defaults_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOG_minloglevel", "2")
    monkeypatch.setenv("GLOG_log_dir", "there")
    assert parse(["train"])[1] == Flags(minloglevel=2, log_dir="there")
    assert parse(["train", "-minloglevel=1"])[1] == Flags(minloglevel=1, log_dir="there")
    monkeypatch.setenv("GLOG_minloglevel", "high")
    with pytest.raises(UsageError, match="-minloglevel takes a whole number, got 'high'"):
        parse(["train"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "-wieghts", "x"], "unknown flag '-wieghts'. Did you mean 'weights'"),
        (["-solver"], "the flag -solver lacks its value"),
        (["-v"], "the flag -v lacks its value"),
        (["-iterations", "many"], "-iterations takes a whole number, got 'many'"),
    ],
)
def test_wrong_flags_are_refused(arguments: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse(arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trian"], "unknown command 'trian'. Did you mean 'train'?"),
        (["train", "solver.prototxt"], "unexpected argument 'solver.prototxt'"),
        (["train"], "train needs a solver: -solver FILE"),
        (["train", "-slover=x"], "unknown flag '-slover'. Did you mean 'solver'?"),
        (["train", "-solver=x", "-snapshot=y", "-weights=z"], "not both"),
        (["train", "-solver=x", "-sighup_effect=halt"], "-sighup_effect is 'halt'"),
        (["test", "-weights=x"], "test needs a net: -model FILE"),
        (["test", "-model=x"], "test needs the net's weights"),
        (["test", "-model=x", "-weights=y", "-iterations=0"], "-iterations is 0"),
        (["time"], "time needs a net"),
        (["time", "-model=x", "-phase=train"], "-phase is 'train'"),
        (["time", "-model=x", "-gpu=0,1"], "-gpu 0,1: a run takes one GPU"),
        (["time", "-model=x", "-gpu=first"], "-gpu takes the number of a GPU or 'all', got 'first'"),
        (["time", "-model=x", "-threads=-1"], "-threads is -1"),
        (["time", "-model=x", "-minloglevel=4"], "-minloglevel is 4: it must be 0 (all) to 3 (failures)"),
        (["time", "-model=x", "-log_dir=/no/such"], "-log_dir /no/such: there is no such folder"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_status_1(
    caffe: Callable[..., Result], arguments: list[str], said: str
) -> None:
    status, err = caffe(*arguments)
    assert status == 1
    assert err.startswith("error: ")
    assert said in err
    assert err.count("\n") == 1


def test_no_command_shows_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("usage: caffe <command> <flags>\n")
    assert err == ""


def test_version_begins_as_caffes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"caffe version 1.0.0 (torchcaffe {torchcaffe.torchcaffe_version})\n"


def test_help_needs_no_torch() -> None:
    """As a process of its own: an import of torch would take seconds."""
    code = "import sys; from torchcaffe.cli import main; main(['-help']); assert 'torch' not in sys.modules"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    for word in ("train", "test", "time", "device_query", "-solver", "-sigint_effect", "[stop]", "[50]"):
        assert word in done.stdout
    assert done.stderr == ""


def test_flags_of_several_trainings_belong_to_the_solver_before_them() -> None:
    """And those before the first -solver to that one; of what is said twice of one training the last holds."""
    told = ["-weights", "a", "-solver", "1", "-log_file=l", "-solver=2", "--weights=x", "-weights", "b", "-gpu", "0"]
    _, flags, _ = parse([*told, "-solver", "3", "-snapshot", "s"])
    assert flags.trainings == [
        TrainingFlags("1", weights="a", log_file="l"),
        TrainingFlags("2", weights="b"),
        TrainingFlags("3", snapshot="s"),
    ]
    assert flags.gpu == "0"


@pytest.mark.parametrize("flag", ["-others", "-trainings"])
def test_what_is_no_flag_is_none(flag: str) -> None:
    with pytest.raises(UsageError, match="unknown flag"):
        parse([flag, "x"])


def test_a_program_s_own_garbage_is_not_kept() -> None:
    pytest.importorskip("torch")  # Which the program has loaded.
    frozen = gc.get_freeze_count()
    assert main(["train"]) == 1
    assert gc.get_freeze_count() == frozen
