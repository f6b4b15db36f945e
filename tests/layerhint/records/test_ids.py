"""The ids of records: made in one place and recognised there, and the same as in old runs."""

from pathlib import Path

import pytest

from layerhint.paths import ROOT
from layerhint.records import ids
from layerhint.records.experiment_description import ExperimentDescription
from layerhint.records.records import experiment_names, finished_ids, read_record, record_ids

FOLDERS = sorted((ROOT / "results").glob("*/records"))


def test_ids_are_as_in_old_runs() -> None:
    made = (
        ids.data("mnist"),
        ids.initial_weights("mnist/resnet8/kd/net1"),
        ids.cost("mnist/resnet8/plain/plain"),
        ids.samples("mnist"),
        ids.averages("mnist/resnet8/kd"),
        ids.experiment("table3"),
        ids.REPORT,
        ids.started("a/b"),
        ids.failed("a/b"),
        ids.pending("a/b"),
    )
    assert made == (
        "data/mnist",
        "mnist/resnet8/kd/net1_init",
        "cost/mnist/resnet8/plain/plain",
        "samples/mnist",
        "averages/mnist/resnet8/kd",
        "experiments/table3",
        "report",
        "a/b.started",
        "a/b.failed",
        "a/b.pending",
    )


def test_each_id_is_recognised() -> None:
    assert ids.training_of_initial_weights(ids.initial_weights("a/net1")) == "a/net1"
    assert ids.name_of_experiment(ids.experiment("fig7@lambda=4")) == "fig7@lambda=4"
    assert ids.begun_step(ids.started("a/net1")) == "a/net1"
    assert ids.begun_step("a/net1") is ids.begun_step(ids.failed("a/net1")) is None
    assert [ids.is_note(note("a")) for note in (ids.started, ids.failed, ids.pending, ids.data)] == [True] * 3 + [False]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_an_id_says_whether_a_record_is_an_experiment_s(folder: Path) -> None:
    for record_id in record_ids(folder):
        assert ids.is_experiment(record_id) == isinstance(read_record(folder, record_id), ExperimentDescription)
    assert sorted([*finished_ids(folder), *map(ids.experiment, experiment_names(folder))]) == sorted(record_ids(folder))


def test_a_data_set_may_be_called_experiments() -> None:
    assert ids.is_experiment("experiments/table3")
    assert not ids.is_experiment("experiments/resnet8/plain/plain")
