"""The table's numbers, from records to means, bests and differences."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from layerhint.errors import LayerhintError
from layerhint.records.records import PENDING, write_record
from layerhint.report.archive import copy_records
from layerhint.report.intervals import Difference
from layerhint.report.numbers import decimals_for, papers, percent, signed
from layerhint.report.results import Results, read_results
from layerhint.report.table import Row, Table, make_table
from layerhint.report.view import View, view_of

CASES = Path(__file__).parents[2] / "cases/report"
P = "cifar10/resnet26-resnet14"


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """A copy of the invented records that a test may change."""
    return Path(shutil.copytree(CASES / "records", tmp_path / "records"))


def change(records: Path, step_id: str, **content: Any) -> None:
    path = records / f"{step_id}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | content))


def table_of(records: Path, name: str = "invented") -> Table:
    results = read_results(records)
    return make_table(results, results.experiment(name))


def row_of(table: Table, method: str) -> Row:
    return next(row for row in table.rows if method in (row.method, row.role))


def difference_of(row: Row) -> float | None:
    return row.difference.value if row.difference else None


def view(records: Path, name: str = "invented") -> View:
    results: Results = read_results(records)
    return view_of(results, results.experiment(name))


def test_means_and_bests_by_hand() -> None:
    table = table_of(CASES / "records")
    kd = row_of(table, "kd")
    # Last tests 91.00 and 91.30; best of net 1 is its test at 480, 91.04; net 2 was trained by hand and has no
    # test but its last.
    assert [cell.last for cell in kd.cells] == pytest.approx([91.00, 91.30])
    assert kd.mean == pytest.approx((91.00 + 91.30) / 2)
    assert kd.other == pytest.approx((91.04 + 91.30) / 2)
    assert difference_of(kd) == pytest.approx(91.15 - 90.76)
    teacher = row_of(table, "teacher")
    assert (teacher.mean, teacher.other) == (pytest.approx(92.10), pytest.approx(92.15))


def test_the_spread_and_the_interval_by_hand() -> None:
    kd = row_of(table_of(CASES / "records"), "kd")
    assert kd.nets is not None
    # 91.00 and 91.30: deviations of 0.15, variance 2 * 0.0225 / 1.
    assert kd.nets.spread == pytest.approx(math.sqrt(0.045))
    # The paper's nets 90.77 90.78 90.74 have the variance 0.00043333. Welch: SE^2 = 0.045/2 + 0.00043333/3,
    # 1.01286 degrees of freedom, t = 12.3312 (by numerical integration of the density).
    assert kd.difference is not None
    assert kd.difference.interval == pytest.approx((0.39 - 1.85561, 0.39 + 1.85561), abs=1e-4)
    assert row_of(table_of(CASES / "records"), "teacher").difference == Difference(pytest.approx(92.10 - 91.75))


def test_a_net_that_has_not_finished_is_left_out_of_the_mean_and_said_so() -> None:
    shown = view(CASES / "records")
    proposed = row_of(shown.table, "proposed")
    assert [cell.last for cell in proposed.cells] == [pytest.approx(91.80), None]
    assert not proposed.complete
    assert proposed.mean == pytest.approx(91.80)
    assert "Proposed method: the mean is over 1 of 2 nets." in shown.facts.notes


def test_errors_take_the_smallest_test_as_best() -> None:
    table = table_of(CASES / "records", "invented-errors")
    kd = row_of(table, "kd")
    assert table.symbol == "P_e"
    assert kd.mean == pytest.approx(100 - 91.15)
    # 100 - 91.04 and 100 - 91.30.
    assert kd.other == pytest.approx((8.96 + 8.70) / 2)
    assert difference_of(kd) == pytest.approx(8.85 - 0.506)
    assert row_of(table, "student").difference is None


def test_the_best_average_leads_only_where_all_nets_have_finished(records: Path) -> None:
    table = table_of(records)
    assert [row.leads for row in table.methods] == [False, False]
    assert [row.reported_leads for row in table.methods] == [False, True]
    shutil.copy(records / f"{P}/proposed/net1.json", records / f"{P}/proposed/net2.json")
    (records / f"{P}/proposed/net2.started.json").unlink()
    assert [row.leads for row in table_of(records).methods] == [False, True]
    change(records, "experiments/invented", profile="smoke")
    assert not any(row.leads or row.reported_leads for row in table_of(records).rows)


def test_a_training_that_has_to_be_done_again_counts_as_not_finished(records: Path, tmp_path: Path) -> None:
    assert row_of(table_of(records), "kd").complete
    write_record(records, f"{P}/kd/net1{PENDING}", {"kind": "pending", "why": "changed: solver.prototxt"})
    assert row_of(table_of(records), "kd").finished == 1
    copied = copy_records(records, tmp_path / "out")
    assert row_of(table_of(copied), "kd").finished == 1


def test_a_diverged_net_shows_as_such(records: Path) -> None:
    change(records, f"{P}/kd/net1", final={"accuracy": math.nan, "loss": math.nan})
    kd = row_of(table_of(records), "kd")
    assert percent(kd.cells[0].last) == percent(kd.mean) == "NaN"
    assert kd.cells[0].best == pytest.approx(91.04)
    assert kd.difference is not None
    assert kd.difference.interval is None


def test_the_switch_says_which_test_is_compared(records: Path) -> None:
    change(records, "experiments/invented", switches={"accuracy_taken": "best"})
    shown = view(records)
    kd = row_of(shown.table, "kd")
    assert kd.mean == pytest.approx((91.04 + 91.30) / 2)
    assert kd.other == pytest.approx((91.00 + 91.30) / 2)
    assert difference_of(kd) == pytest.approx(91.17 - 90.76)
    assert any("accuracy_taken: best" in note for note in shown.facts.notes)


def averaged(records: Path, accuracy: float) -> None:
    record = {
        "schema": 1,
        "id": f"averages/{P}/kd",
        "kind": "average predictions",
        "nets": [f"{P}/kd/net1", f"{P}/kd/net2"],
        "accuracy": accuracy,
    }
    path = records / f"averages/{P}/kd.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(record))


def test_averaged_predictions_are_shown_and_compared_if_asked_for(records: Path) -> None:
    averaged(records, 0.9185)
    kd = row_of(table_of(records), "kd")
    assert (kd.averaged, kd.mean) == (pytest.approx(91.85), pytest.approx(91.15))
    change(records, "experiments/invented", switches={"averaging": "predictions"})
    table = table_of(records)
    kd = row_of(table, "kd")
    assert table.has_averaged
    assert kd.mean == pytest.approx(91.85)
    assert difference_of(kd) == pytest.approx(91.85 - 90.76)
    assert kd.nets is not None
    assert kd.nets.mean == pytest.approx(91.15)


def test_where_no_averaged_predictions_were_measured_the_mean_stands_in(records: Path) -> None:
    averaged(records, 0.9185)
    change(records, "experiments/invented", switches={"averaging": "predictions"})
    shown = view(records)
    assert row_of(shown.table, "proposed").mean == pytest.approx(91.80)
    assert any("have not been measured for Proposed method" in note for note in shown.facts.notes)


def test_facts_name_engines_and_who_trained() -> None:
    facts = view(CASES / "records").facts
    items = dict(facts.items)
    assert items["Engine"] == (
        "5 × torchcaffe 0.1.0 (PyTorch 2.13.0); 1 × brocolli-caffe 9.0.2, CPU, recipe 0123abc; 1 × trained by hand"
    )
    assert items["Trained by"] == "6 × driver; 1 × hand"
    assert items["Trainings"] == "7 of 8 finished"
    # 5 trainings of 640 iterations, and 30 + 70 of Stage 1; net2 of kd by hand and 30 of g2's are not timed.
    assert items["Iterations"] == "3,300"
    assert items["Training time"] == "2.5 h for 2,630 of them; the rest was not timed"


def test_the_statement_about_the_teacher_follows_the_proofs(records: Path) -> None:
    proof = view(records).facts.proof
    assert not proof.holds
    assert proof.missing == (f"{P}/proposed/g2",)
    assert proof.text.startswith("Of the 5 finished Stage 1 and Stage 2 steps, 4 left")
    change(records, f"{P}/proposed/g2", frozen={"identical": True})
    assert view(records).facts.proof.holds
    change(records, f"{P}/proposed/g2", frozen={"identical": False})
    assert not view(records).facts.proof.holds


def test_no_step_no_statement(records: Path) -> None:
    shutil.rmtree(records / P)
    proof = view(records).facts.proof
    assert (proof.text, proof.holds) == ("No Stage 1 or Stage 2 step has finished yet.", False)


def test_one_step_is_not_several(records: Path) -> None:
    for step_id in ("kd/net2", "proposed/g1", "proposed/g2", "proposed/net1"):
        (records / P / f"{step_id}.json").unlink()
    assert view(records).facts.proof.text.startswith("The one finished Stage 1 or Stage 2 step left the teacher")


def test_a_record_of_another_scale_is_named(records: Path) -> None:
    change(records, f"{P}/kd/net1", scale=0.02)
    assert any(f"{P}/kd/net1" in note for note in view(records).facts.notes)


@pytest.mark.parametrize(
    ("value", "decimals", "shown"), [(91.7, 2, "91.70"), (26.83, 1, "26.8"), (None, 2, "-"), (9.999, 2, "10.00")]
)
def test_percentages(value: float | None, decimals: int, shown: str) -> None:
    assert percent(value, decimals) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.094, "+0.09"), (-0.3, "−0.30"), (-0.004, "0.00"), (0.0, "0.00"), (None, "-"), (20.0, "+20.00")],
)
def test_differences_have_a_sign(value: float | None, shown: str) -> None:
    assert signed(value) == shown


def test_the_papers_own_digits() -> None:
    # Table 3 prints 0.506 beside 0.56, Table 1 91.70.
    assert [papers(value) for value in (0.506, 0.56, 91.7)] == ["0.506", "0.56", "91.70"]


@pytest.mark.parametrize(("images", "decimals"), [(10000, 2), (60000, 2), (1000, 1), (200, 1), (100, 0), (None, 2)])
def test_no_more_decimals_than_the_test_images_tell_apart(images: int | None, decimals: int) -> None:
    # One of 200 images is 0.5 %: one decimal shows it, a second would be noise.
    assert decimals_for(images) == decimals


def test_decimals_come_from_the_data_sets_record(records: Path) -> None:
    assert table_of(records).decimals == 2
    change(records, "data/cifar10", test=200)
    assert table_of(records).decimals == 1


def test_a_folder_without_records_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(LayerhintError, match=r"holds no record of an experiment.*run_pipeline\.py"):
        read_results(tmp_path / "nothing")


def test_an_unknown_experiment_names_the_known(records: Path) -> None:
    with pytest.raises(LayerhintError, match=r"'table9'; it holds: invented, invented-errors"):
        read_results(records).experiment("table9")


@pytest.mark.parametrize("key", ["training", "curves", "frozen", "measure"])
def test_a_record_that_lacks_something_is_named(records: Path, key: str) -> None:
    step_id = "experiments/invented" if key == "measure" else f"{P}/kd/net1"
    path = records / f"{step_id}.json"
    record = json.loads(path.read_text())
    del record[key]
    path.write_text(json.dumps(record))
    with pytest.raises(LayerhintError, match=rf"{step_id}\.json is damaged \(KeyError: '{key}'\)\. Delete it"):
        read_results(records)
