"""A second file of one's own with the first one's name does not replace the first one's trainings."""

from pathlib import Path

import pytest

from layerhint.driver.describe import describe
from layerhint.driver.one_name import check_name
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.records.records import record_path, write_experiment
from layerhint.steps.workspace import Workspace


def own(folder: Path, name: str) -> Experiment:
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.yaml"
    file.write_text("title: Mine\ndataset: mnist\nteacher: {depth: 14}\nstudent: {depth: 8}\nmethods: [kd]\n")
    return load_experiment(file)


@pytest.fixture
def first(tmp_path: Path) -> Experiment:
    return own(tmp_path / "first", "trial")


@pytest.fixture
def workspace(tmp_path: Path, first: Experiment) -> Workspace:
    """That of a run of the first file."""
    workspace = Workspace.in_folder(str(tmp_path / "run"), None)
    write_experiment(workspace.records, describe(first))
    return workspace


def test_another_folder_s_file_of_one_name_is_refused(tmp_path: Path, first: Experiment, workspace: Workspace) -> None:
    check_name([first], workspace)
    second = own(tmp_path / "second", "trial")
    wanted = rf"second/trial\.yaml: .* to {workspace.folder}, where those of {first.file} are: .* --out$"
    with pytest.raises(LayerhintError, match=wanted):
        check_name([second], workspace)


def test_a_file_that_was_moved_goes_on(tmp_path: Path, first: Experiment, workspace: Workspace) -> None:
    second = own(tmp_path / "second", "trial")
    Path(first.file).unlink()
    check_name([second], workspace)


def test_other_names_may_share_a_folder(tmp_path: Path, workspace: Workspace) -> None:
    """Such as runs/smoke, or one of the repository's experiments beside them."""
    check_name([own(tmp_path / "second", "other"), load_experiment("table3")], workspace)


def test_a_damaged_record_is_in_nobody_s_way(tmp_path: Path, workspace: Workspace) -> None:
    record_path(workspace.records, "experiments/trial").write_text("{")
    check_name([own(tmp_path / "second", "trial")], workspace)
