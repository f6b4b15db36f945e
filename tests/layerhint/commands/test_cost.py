"""tools/cost.py: its tables, its JSON, its mistakes."""

import json
from pathlib import Path

import pytest
from onnx_nets import input_layer
from own_nets import experiment_with
from pydantic import TypeAdapter

from layerhint.commands import cost as command
from layerhint.cost import count
from layerhint.engines.engine import Engine
from layerhint.records.cost import Cost, Latency
from layerhint.run_command import run_command
from layerhint.trainings.methods.built_experiment import BuiltExperiment
from layerhint.trainings.own_net import OwnNet

SMALL = input_layer(1, 3, 8, 7) + (
    'layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc" inner_product_param { num_output: 5 } }\n'
)
LARGE = SMALL.replace("num_output: 5", "num_output: 20")


def costs_in(file: Path) -> list[Cost]:
    return TypeAdapter(list[Cost]).validate_python(json.loads(file.read_text()))


@pytest.fixture
def nets(tmp_path: Path) -> list[str]:
    """The larger net, and one with a quarter of its weights."""
    for name, text in (("large", LARGE), ("small", SMALL)):
        (tmp_path / f"{name}.prototxt").write_text(f'name: "{name}"\n' + text)
    return [str(tmp_path / "large.prototxt"), str(tmp_path / "small.prototxt")]


@pytest.fixture(autouse=True)
def _no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Latencies of 8 and 2 ms."""

    def measure(model: Path, engine: Engine, threads: int) -> Latency:
        took = 8.0 if model.stem == "large" else 2.0
        described = engine.describe()
        return Latency(milliseconds=took, batch=1, threads=threads, runs=10, engine=described, machine="A CPU, 2 cores")

    monkeypatch.setattr(command, "measure_latency", measure)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_nets_stand_beside_each_other(nets: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """20 (168 + 1) numbers and 20 x 168 products; 5 of each, a quarter."""
    assert run_command(command.main, [*nets, "--threads", "2"]) == 0
    shown = said(capsys)
    assert "large 3,380 3,360 " in shown
    assert "small 845 (25%) 840 (25%) " in shown
    assert "8.00 ms small" in shown
    assert "2.00 ms (25%)" in shown
    assert "the median for one image, torchcaffe" in shown
    assert "2 threads. A CPU, 2 cores." in shown


def test_layers_are_listed_when_asked_for(nets: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(command.main, [nets[1], "--no-latency", "--layers"]) == 0
    shown = said(capsys)
    assert "fc InnerProduct 5 845 840" in shown
    assert "all 845 840" in shown
    assert "median" not in shown


def test_products_that_are_not_known_are_said_to_be_missing(
    nets: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_command(command.main, [*nets, "--no-latency"]) == 0
    assert "not known" not in said(capsys)
    monkeypatch.setattr(count, "_COUNTED", frozenset())
    assert run_command(command.main, [*nets, "--no-latency"]) == 0
    told = "The multiply-adds of small are without those of its InnerProduct layers, which are not known."
    assert told in said(capsys)


def test_an_experiment_is_its_teacher_and_its_student(capsys: pytest.CaptureFixture[str]) -> None:
    """ResNet-26 and ResNet-14 by the formula of test_count."""
    assert run_command(command.main, ["table1", "--no-latency"]) == 0
    shown = said(capsys)
    assert "cifar10/resnet26 366,938 54,706,816" in shown
    assert "cifar10/resnet14 172,506 (47%) 26,395,264 (48%)" in shown


def test_an_experiment_of_one_s_own_needs_no_rendered_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its owner's teacher by the products that test_own_net counts; ResNet-8 by the formula of test_count."""
    experiment = experiment_with(tmp_path, methods=["kd"], nets=1)
    file = tmp_path / "costs.json"
    assert run_command(command.main, [experiment.file, "--no-latency", "--json", str(file)]) == 0
    teacher, student = costs_in(file)
    assert (teacher.name, student.name) == ("cifar10/own", "cifar10/resnet8")
    built = BuiltExperiment.of(experiment)
    assert isinstance(built.teacher, OwnNet)
    assert (teacher.multiply_adds, student.multiply_adds) == (built.teacher.multiply_adds, built.student.multiply_adds)
    # conv1, its statistics apart, and Scale; conv2; twin_a, whose params twin_c shares, and twin_b; conv3; scores.
    assert teacher.parameters == (27 * 6 + 6) + 12 + (16 + 1) * 32 + (32 + 1) * 9 + (9 + 1) * 32 + (36 + 1) * 12 + 130
    assert "cifar10/own" in said(capsys)


def test_two_resnets_of_one_s_own_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = tmp_path / "mine.yaml"
    named.write_text(
        "title: Mine\ndataset: cifar10\nteacher: {depth: 26}\nstudent: {depth: 14}\nmethods: [kd]\nnets: 1"
    )
    assert run_command(command.main, [str(named), "--no-latency"]) == 0
    assert "cifar10/resnet26 366,938 54,706,816" in said(capsys)


def test_the_figures_are_kept_as_json(nets: list[str], tmp_path: Path) -> None:
    file = tmp_path / "costs.json"
    assert run_command(command.main, [*nets, "--json", str(file)]) == 0
    costs = costs_in(file)
    assert [(cost.name, cost.parameters) for cost in costs] == [("large", 3380), ("small", 845)]
    assert costs[1].latency is not None
    assert costs[1].latency.milliseconds == 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["no_such_experiment"], "unknown experiment or group 'no_such_experiment'"),
        (["absent.prototxt"], "there is no net absent.prototxt. Correct its name, or render it"),
        (["table1", "--threads", "0"], "--threads 0: it must be at least 1"),
        (["table1", "--engine", "other"], "there is no engine 'other'"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(command.main, arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert why in error
    assert error.count("\n") == 1
