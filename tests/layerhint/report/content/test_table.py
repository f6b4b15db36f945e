"""The table's numbers, from records to means, bests and differences."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from made_records import finished

from layerhint.errors import LayerhintError
from layerhint.records.notes import Pending
from layerhint.records.records import read_finished, write_finished, write_pending
from layerhint.records.step_results import AveragePredictionsResult
from layerhint.report.content.grid import grid_of
from layerhint.report.content.table import Row, Table, make_table
from layerhint.report.content.view import View, view_of
from layerhint.report.numbers import percent
from layerhint.report.reading.archive import copy_records
from layerhint.report.reading.results import Results, read_results
from layerhint.report.statistics.intervals import Difference

CASES = Path(__file__).parents[3] / "cases/report"
P = "cifar10/resnet26-resnet14"


def finish_second(records: Path) -> None:
    """The proposed method's second net has finished too, with the first one's figures."""
    first = json.loads((records / f"{P}/proposed/net1.json").read_text())
    (records / f"{P}/proposed/net2.json").write_text(json.dumps(first | {"id": f"{P}/proposed/net2"}))


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
    assert proposed.difference == Difference(pytest.approx(91.80 - 91.70)), "without an interval"


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
    finish_second(records)
    (records / f"{P}/proposed/net2.started.json").unlink()
    assert [row.leads for row in table_of(records).methods] == [False, True]
    change(records, "experiments/invented", profile="smoke")
    assert not any(row.leads or row.reported_leads for row in table_of(records).rows)


def test_a_training_that_has_to_be_done_again_counts_as_not_finished(records: Path, tmp_path: Path) -> None:
    assert row_of(table_of(records), "kd").complete
    write_pending(records, f"{P}/kd/net1", Pending(why="changed: solver.prototxt"))
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
    """As the driver measures it, of the caffemodels that the nets' records tell of."""
    nets = (f"{P}/kd/net1", f"{P}/kd/net2")
    inputs = {"engine": "torch", "data": "d" * 64}
    for net in nets:
        trained = read_finished(records, net)
        assert trained is not None
        inputs |= trained.outputs
    result = AveragePredictionsResult(nets=nets, accuracy=accuracy, singles=(accuracy, accuracy))
    write_finished(records, finished(f"averages/{P}/kd", result, inputs))


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


def test_averaged_predictions_have_no_interval(records: Path) -> None:
    averaged(records, 0.9185)
    change(records, "experiments/invented", switches={"averaging": "predictions"})
    shown = view(records)
    kd = row_of(shown.table, "kd")
    assert kd.difference == Difference(pytest.approx(91.85 - 90.76))
    judgements = {judgement.claim: judgement for judgement in shown.judgements}
    assert judgements["kd > student"].verdict == "inconclusive"
    assert judgements["kd > student"].margin == Difference(pytest.approx(91.85 - 90.30))


def test_averaged_predictions_of_former_nets_are_not_taken(records: Path) -> None:
    averaged(records, 0.9185)
    outputs = json.loads((records / f"{P}/kd/net2.json").read_text())["outputs"]
    change(records, f"{P}/kd/net2", outputs=dict.fromkeys(outputs, "e" * 64))
    change(records, "experiments/invented", switches={"averaging": "predictions"})
    shown = view(records)
    kd = row_of(shown.table, "kd")
    assert (kd.averaged, kd.mean) == (None, pytest.approx(91.15))
    assert not shown.table.has_averaged
    assert any("have not been measured for KD without hints" in note for note in shown.facts.notes)
    write_pending(records, f"{P}/kd/net1", Pending(why="changed: solver.prototxt"))
    assert row_of(table_of(records), "kd").averaged is None


def test_bold_stands_where_the_compared_figure_does(records: Path) -> None:
    """Nothing is bold in the column of averaged predictions where the mean stands in."""
    averaged(records, 0.5)
    change(records, "experiments/invented", switches={"averaging": "predictions"})
    finish_second(records)
    grid = grid_of(table_of(records))
    line = next(line for line in grid.lines if line.row.key == "proposed")
    bold = {column.key for column, field in zip(grid.columns, line.fields, strict=True) if field.leads}
    assert bold == {"mean", "paper_average"}


def test_where_no_averaged_predictions_were_measured_the_mean_stands_in(records: Path) -> None:
    averaged(records, 0.9185)
    change(records, "experiments/invented", switches={"averaging": "predictions"})
    shown = view(records)
    assert row_of(shown.table, "proposed").mean == pytest.approx(91.80)
    assert any("have not been measured for Proposed method" in note for note in shown.facts.notes)


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
    with pytest.raises(
        LayerhintError, match=rf"{step_id}\.json is damaged \(.*: key `{key}` is missing\)\. If another version"
    ):
        read_results(records)
