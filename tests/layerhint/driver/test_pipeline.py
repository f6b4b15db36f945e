"""The driver's command line: plans, and mistakes that end in one clear message."""

import io
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

import pytest
from fake_engine import FakeEngine
from given_teachers import write_teacher
from rich.console import Console

from layerhint.driver.options import make_parser
from layerhint.driver.pipeline import _warn_if_long, describe, main
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.run_command import run_command
from layerhint.running.plan import make_plan
from layerhint.steps.step import Context
from layerhint.steps.workspace import Workspace
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display
from torchcaffe.errors import WeightsError


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run_command(main, arguments) == 1
    output = capsys.readouterr()
    lines = output.err.splitlines()
    assert len(lines) == 1, output.err
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_mistakes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "did you mean 'cifar10'" in fails(capsys, "cifar01")
    assert "'proposed'" in fails(capsys, "cifar10", "--methods", "kd,propsed")
    assert "choose one of torch, caffe" in fails(capsys, "cifar10", "--engine", "tensorflow")
    assert "say cpu, or cuda:0" in fails(capsys, "cifar10", "--device", "gpu")
    assert "lambda" in fails(capsys, "cifar10", "--set", "lamda=4", "--plan")
    assert "scale" in fails(capsys, "cifar10", "--scale", "-1")
    assert "did you mean 'smoke'" in fails(capsys, "cifar10", "--profile", "smoek")
    assert "--gpu-share 0.25 shares GPUs among the steps of a run with --ray" in fails(
        capsys, "table1", "--gpu-share", "0.25", "--plan"
    )
    assert "--gpu-share 2: a step has more than 0 and at most 1 of a GPU" in fails(
        capsys, "table1", "--ray", "local", "--gpu-share", "2", "--plan"
    )
    assert "--caffe-root /nope: torchcaffe needs none. Add --engine caffe" in fails(
        capsys, "table1", "--caffe-root", "/nope", "--plan"
    )
    for threads in ("10000", "0", "-1"):
        assert f"cannot have {threads} threads: give 1 to 1024" in fails(
            capsys, "table1", "--threads", threads, "--plan"
        )
    assert "--list shows all that there is: leave out foo bar, or --list" in fails(capsys, "foo", "bar", "--list")
    assert "table3 table4: expected one name, got 2: name a group" in fails(capsys, "table3", "table4", "--plan")
    assert "name one experiment, group or YAML file" in fails(capsys, "--plan")
    assert "--teacher-from no.caffemodel: there is no such file" in fails(
        capsys, "table1", "--teacher-from", "no.caffemodel"
    )


def test_a_gpu_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    count = torch.cuda.device_count()
    message = fails(capsys, "cifar10", "--device", f"cuda:{count}", "--plan")
    assert f"--device cuda:{count}: PyTorch {torch.__version__} sees " in message
    assert "or say --device cpu" in message


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder that nobody can write")
def test_an_output_folder_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert "/proc/nowhere" in fails(capsys, "cifar10", "--profile", "smoke", "--out", "/proc/nowhere")


def test_a_file_that_is_no_experiment(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "stack.prototxt").write_text("layer {\n}\n")
    for name in ("stack.prototxt", "absent.txt", "x" * 300 + ".y"):
        said = f"{tmp_path}/{name}: expected an experiment's name or its YAML file"
        assert said in fails(capsys, str(tmp_path / name), "--plan")
    assert f"{'x' * 300}.yaml: cannot be read: File name too long" in fails(capsys, f"{tmp_path}/{'x' * 300}.yaml")
    assert "cannot make the folder" in fails(capsys, "table1", "--out", "x" * 300, "--profile", "smoke")


@pytest.mark.parametrize("below", ["", "/run"])
def test_a_file_in_the_place_of_the_output_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, below: str
) -> None:
    (tmp_path / "notes.md").write_text("mine")
    said = f"--out notes.md{below}: {tmp_path}/notes.md is a file, and a run needs a folder: name another"
    assert said in fails(capsys, "table1", "--out", f"notes.md{below}", "--plan")


def test_the_plan_is_only_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["table1", "--profile", "smoke", "--out", str(tmp_path / "run"), "--plan"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{tmp_path}/run: 37 steps, 0 of them up to date; to do:\n")
    assert "needs cifar10/resnet26-resnet14/proposed/g2" in shown
    assert list(tmp_path.iterdir()) == []


def test_a_setting_without_effect_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    settings = ["--set", "regressor.std=0.1", "--set", "lambda=4"]
    assert main(["table1", "--profile", "smoke", *settings, "--out", str(tmp_path / "run"), "--plan"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "--set regressor.std=0.1 changes no training and no table of table1" in shown
    assert "--set lambda" not in shown


def test_a_given_teacher_is_that_of_the_table_which_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_teacher(tmp_path / "wide.caffemodel", [load_experiment("table5")], "cifar10/resnet26w32/plain/plain")
    assert main(["table5", "--teacher-from", "wide.caffemodel", "--out", str(tmp_path / "run"), "--plan"]) == 0
    shown = capsys.readouterr().out
    assert "take teacher cifar10/resnet26w32/plain/plain" in shown
    assert "train        cifar10/resnet26/plain/plain" in shown


def test_a_mistake_that_torchcaffe_finds_is_told_like_any_other(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise WeightsError("x.caffemodel is damaged")

    monkeypatch.setattr("layerhint.driver.pipeline._run_plan", refuse)
    assert "x.caffemodel is damaged" in fails(capsys, "cifar10", "--profile", "smoke", "--out", str(tmp_path / "run"))


def test_an_error_of_the_disk_that_nobody_has_named_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "records")

    monkeypatch.setattr("layerhint.driver.pipeline._run_plan", refuse)
    smoke = ("table1", "--profile", "smoke", "--out", str(tmp_path / "run"))
    assert fails(capsys, *smoke) == "error: [Errno 13] Permission denied: 'records'"


def test_what_a_dying_process_leaves_is_gone_when_the_run_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed driver's training may be alive still when the next run begins."""
    dying = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    left = tmp_path / "run" / f".net1_iter_3.caffemodel.{socket.gethostname()}.{dying.pid}.0123abcd.tmp"
    left.parent.mkdir()
    left.touch()

    def dies(*_: object) -> None:
        assert left.exists()
        dying.kill()
        dying.wait()

    monkeypatch.setattr("layerhint.driver.pipeline._carry_out", dies)
    assert main(["table1", "--profile", "smoke", "--out", str(tmp_path / "run")]) == 0
    assert not left.exists()


def test_torchcaffe_trains_in_lockstep_unless_told_otherwise(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> None:
        def fail(*_: object) -> None:
            raise LayerhintError(name)

        monkeypatch.setattr(f"layerhint.driver.pipeline.{name}", fail)

    refuse("run")
    refuse("run_in_lockstep")
    smoke = ("table1", "--profile", "smoke", "--out", str(tmp_path / "run"))
    assert fails(capsys, *smoke) == "error: run_in_lockstep"
    assert fails(capsys, *smoke, "--no-lockstep") == "error: run"


def test_steps_of_table_1() -> None:
    experiment = load_experiment("table1")
    plan = make_plan([experiment], Workspace.of_repository())
    ids = [step.id for step in plan.steps]
    # data, teacher, student; per method its Stage 1 (0, 1, 1, 3) and three nets; each of these 17 with its surgery.
    assert len(ids) == len(set(ids)) == 3 + 2 * (0 + 1 + 1 + 3 + 4 * 3)
    for i, step in enumerate(plan.steps):
        assert set(step.needs) <= set(ids[:i]), step.id


def test_the_experiment_record_names_its_trainings() -> None:
    record = describe(load_experiment("table1"))
    assert record.teacher.training == "cifar10/resnet26/plain/plain"
    assert record.student.training == "cifar10/resnet14/plain/plain"
    proposed = record.methods[3]
    assert proposed.nets == tuple(f"cifar10/resnet26-resnet14/proposed/net{k}" for k in (1, 2, 3))
    assert proposed.stage1 == tuple(f"cifar10/resnet26-resnet14/proposed/g{i}" for i in (1, 2, 3))
    assert record.reported is not None
    assert record.reported.methods["proposed"].average == 91.70


def test_a_caffe_root_counts_from_where_the_driver_is_called(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "caffe").mkdir()
    assert f"{tmp_path}/caffe" in fails(capsys, "table1", "--engine", "caffe", "--caffe-root", "caffe", "--plan")


@pytest.mark.parametrize(
    ("arguments", "name", "mode", "warned"),
    [
        ((), "caffe", "CPU", True),
        ((), "caffe", "GPU", False),
        (("--device", "cpu"), "torch", "GPU", True),
        (("--ray", "local", "--device", "cpu"), "torch", "GPU", True),
        (("--ray", "box1:6379", "--device", "cpu"), "torch", "GPU", False),
    ],
)
def test_only_long_runs_on_this_cpu_are_warned_of(
    tmp_path: Path, arguments: tuple[str, ...], name: str, mode: Literal["CPU", "GPU"], warned: bool
) -> None:
    options = make_parser().parse_args(["table1", "--engine", name, *arguments])
    engine = FakeEngine(options.device)
    engine.name, engine.solver_mode = name, mode
    said = io.StringIO()
    plan = make_plan([load_experiment("table1")], Workspace.of_repository())
    context = Context(
        Workspace.of_repository(), engine, Display(Console(file=said, width=200)), texts={}, outlook=Outlook({})
    )
    _warn_if_long(plan, dict.fromkeys((step.id for step in plan.steps), ""), options, context)
    assert ("On this CPU that will take" in said.getvalue()) == warned


@pytest.mark.timeout(100, method="thread")  # The other method uses the budget's timer.
def test_a_budget_that_is_used_up(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_long(*_: object) -> None:
        time.sleep(90)

    monkeypatch.setattr("layerhint.driver.pipeline._run_plan", run_long)
    arguments = ["cifar10", "--profile", "smoke", "--out", str(tmp_path / "a run"), "--budget", "20s"]
    assert main(arguments) == 75
    *_, said, how = capsys.readouterr().out.splitlines()
    assert said == "the budget of 20s is used up; what is done is kept. To continue:"
    assert how == f"  python tools/run_pipeline.py {shlex.join(arguments)}"


def test_a_budget_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--budget 9: give a number with s, m, h or d" in fails(capsys, "cifar10", "--budget", "9")
    assert "--snapshot-every 5x" in fails(capsys, "cifar10", "--profile", "smoke", "--plan", "--snapshot-every", "5x")
