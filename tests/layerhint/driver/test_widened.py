"""A run of some rows does not take the others from the report."""

from pathlib import Path

import pytest
from fake_engine import FakeEngine

from layerhint.driver.describe import describe
from layerhint.driver.pipeline import _record_experiments
from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.paths import ROOT
from layerhint.records.experiment_description import ExperimentDescription
from layerhint.records.records import read_experiment
from layerhint.rendering.render import render
from layerhint.steps.step import Context
from layerhint.steps.workspace import Workspace
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display


def recorded(folder: Path, experiment: Experiment) -> ExperimentDescription:
    """The experiment's record after a run of it in a folder."""
    workspace = Workspace.in_folder(str(folder), None)
    texts = render(experiment, workspace.layout)
    _record_experiments([experiment], Context(workspace, FakeEngine(None), Display(), texts, Outlook({})))
    record = read_experiment(workspace.records, experiment.name)
    assert record is not None
    return record


def rows(record: ExperimentDescription) -> dict[str, int]:
    """How many nets each method has."""
    return {row.method: len(row.nets) for row in record.methods}


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_fewer_methods_or_nets_leave_the_fuller_record(tmp_path: Path) -> None:
    table = load_experiment("table1")
    whole = recorded(tmp_path, table)
    assert recorded(tmp_path, table.with_methods(["kd"])) == whole
    assert recorded(tmp_path, table.with_nets(1)) == whole
    assert rows(whole) == {"kd": 3, "hint-kd": 3, "hint-kd-plus": 3, "proposed": 3}


def test_a_first_run_of_one_method_is_widened_by_later_ones(tmp_path: Path) -> None:
    table = load_experiment("table1")
    assert rows(recorded(tmp_path, table.with_methods(["proposed"]).with_nets(1))) == {"proposed": 1}
    assert rows(recorded(tmp_path, table.with_methods(["kd"]).with_nets(2))) == {"kd": 2, "proposed": 1}
    assert recorded(tmp_path, table) == recorded(tmp_path / "at once", table)


def test_what_is_claimed_of_the_rows_is_no_setting(tmp_path: Path) -> None:
    """The paper's claims may be read better than when a run began."""
    table = load_experiment("table1")
    before = {"claims": table.claims[:1], "comparisons": ()}
    recorded(tmp_path, table.with_methods(["proposed"]).model_copy(update=before))
    record = recorded(tmp_path, table.with_methods(["kd"]))
    assert rows(record) == {"kd": 3, "proposed": 3}
    assert record.claims == table.claims


def test_other_settings_take_the_record_s_place(tmp_path: Path) -> None:
    recorded(tmp_path, load_experiment("table1"))
    other = load_experiment("table1", {"lambda": 4}).with_methods(["kd"])
    assert rows(recorded(tmp_path, other)) == {"kd": 3}
    assert recorded(tmp_path, other).overrides == {"lambda": 4}


def test_the_rows_beside_stay_too(tmp_path: Path) -> None:
    table = load_experiment("table5")
    whole = recorded(tmp_path, table)
    assert recorded(tmp_path, table.with_methods(["hint-kd"]).with_nets(1)) == whole
    described = describe(table).against
    assert whole.against is not None
    assert described is not None
    assert rows(whole.against) == {"hint-kd": 3, "proposed": 3}
    assert described.methods == whole.against.methods


def test_rows_of_other_numbers_do_not_stay(tmp_path: Path) -> None:
    """Numbers of the file, which no `--set` names."""
    own = tmp_path / "own.yaml"
    text = "title: own\ndataset: cifar10\nteacher: {depth: 26}\nstudent: {depth: 14}\n"
    own.write_text(f"{text}methods: [kd, proposed]\n")
    assert rows(recorded(tmp_path / "run", load_experiment(own))) == {"kd": 3, "proposed": 3}
    own.write_text(f"{text}methods: [kd]\nnumbers: {{sgd: {{momentum: 0.5}}}}\n")
    assert rows(recorded(tmp_path / "run", load_experiment(own))) == {"kd": 3}


def test_a_damaged_record_is_written_anew(tmp_path: Path) -> None:
    table = load_experiment("table1")
    whole = recorded(tmp_path, table)
    (tmp_path / "records/experiments/table1.json").write_text("{")
    assert recorded(tmp_path, table) == whole
