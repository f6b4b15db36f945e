"""What has to be known to read the numbers: engines, lengths, who trained, the proofs about the teacher."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from layerhint.report.content.overview import overview_of
from layerhint.report.content.view import View, view_of
from layerhint.report.figures.figures import illustrate
from layerhint.report.output.page import page_of
from layerhint.report.reading.results import read_results

CASES = Path(__file__).parents[3] / "cases/report"
P = "cifar10/resnet26-resnet14"


def change(records: Path, step_id: str, **content: Any) -> None:
    path = records / f"{step_id}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | content))


def view(records: Path) -> View:
    results = read_results(records)
    return view_of(results, results.experiment("invented"))


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


def test_a_teacher_that_was_taken_is_no_training(records: Path) -> None:
    change(
        records,
        "cifar10/resnet26/plain/plain",
        kind="take teacher",
        made_by="taken from mine.caffemodel",
        device=None,
        threads=None,
        iterations_run=0,
        inputs={"engine": "torch", "data": "d" * 64, "generated/train.prototxt": "a" * 64, "kept/mine.caffemodel": "b"},
    )
    shown = view(records)
    items = dict(shown.facts.items)
    assert items["Teacher"] == "not trained here: taken from mine.caffemodel"
    assert items["Trained by"] == "5 × driver; 1 × hand"
    assert items["Trainings"] == "6 of 7 finished"
    # As above, less the teacher's 640 and its hour.
    assert items["Iterations"] == "2,660"
    assert items["Training time"] == "1.5 h for 1,990 of them; the rest was not timed"
    assert sum(int(part.split(" ×")[0]) for part in items["Device"].split("; ")) == 6
    assert shown.table.rows[0].mean == pytest.approx(92.10), "it was tested here"
    page = page_of(read_results(records), [illustrate(shown)], None)
    assert '<span class="sum">taken from mine.caffemodel</span>' in page
    (line, *_) = overview_of([shown]).lines
    assert (line.finished, line.trainings) == (6, 7)


@pytest.mark.parametrize(
    ("changes", "schedule", "noted"),
    [
        ({"scale": 1}, "the paper's full length", False),
        ({"scale": 1, "papers_schedules": True}, "the paper's full length", False),
        ({}, "scaled by 0.01", True),
        ({"scale": 1, "papers_schedules": False}, "lengths or rates other than the paper's", True),
        ({"papers_schedules": False}, "lengths or rates other than the paper's, scaled by 0.01", True),
        ({"scale": 1, "papers_schedules": None, "file": "own.yaml"}, "the experiment's own", False),
        # Records of older versions.
        ({"scale": 1, "overrides": {"plain.max_iter": 1000}}, "lengths or rates other than the paper's", True),
        ({"scale": 1, "overrides": {"stepvalue": [3, 5]}}, "lengths or rates other than the paper's", True),
        ({"scale": 1, "overrides": {"lambda": 4, "shortcut": "projection"}}, "the paper's full length", False),
        ({"scale": 1, "file": "own.yaml"}, "the experiment's own", False),
    ],
)
def test_whose_schedules_they_are(records: Path, changes: dict[str, Any], schedule: str, noted: bool) -> None:
    change(records, "experiments/invented", **changes)
    facts = view(records).facts
    assert dict(facts.items)["Schedule"] == schedule
    assert any("not the paper's protocol at full length" in note for note in facts.notes) == noted


def test_the_statement_about_the_teacher_follows_the_proofs(records: Path) -> None:
    proof = view(records).facts.proof
    assert not proof.holds
    assert proof.missing == (f"{P}/proposed/g2",)
    assert proof.text.startswith("Of the 5 finished Stage 1 and Stage 2 steps, 4 left")
    proved = {"teacher": "plain.caffemodel", "layers": 9, "batch_norm_layers": 3, "blobs": 17, "sha256": "a" * 64}
    change(records, f"{P}/proposed/g2", frozen={**proved, "identical": True})
    assert view(records).facts.proof.holds
    change(records, f"{P}/proposed/g2", frozen={**proved, "identical": False})
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
