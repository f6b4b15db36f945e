"""Records: schemas that are read, and what a finished step's record says."""

import json
import math
import subprocess
from pathlib import Path
from typing import Any

import pytest
from made_records import finished, identity, training_result

from layerhint.errors import LayerhintError
from layerhint.paths import ROOT
from layerhint.records import provenance as source
from layerhint.records.json_form import text_of
from layerhint.records.kinds import EXPERIMENT, NOTES, RESULTS
from layerhint.records.provenance import provenance
from layerhint.records.records import read_finished, read_record, record_ids, write_finished
from layerhint.records.training import TrainResult
from layerhint.report.reading.results import read_results

STEP = "mnist/resnet8/plain/plain"
COMMITTED = [
    pytest.param(folder, record, id=f"{folder.parent.name}/{record}")
    for folder in sorted((ROOT / "results").glob("*/records"))
    for record in record_ids(folder)
]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    outputs = {"weights/plain.caffemodel": "a" * 64}
    record = finished(STEP, training_result(identity(STEP)), {"engine": "torch", "data": "d"}, outputs)
    write_finished(tmp_path, record)
    assert read_finished(tmp_path, STEP) == record
    content = json.loads((tmp_path / f"{STEP}.json").read_text())
    assert list(content)[:5] == ["schema", "id", "kind", "seconds", "training"]
    assert list(content)[-7:] == ["prototxt", "source", "python", "packages", "machine", "inputs", "outputs"]


@pytest.mark.parametrize(("folder", "record"), COMMITTED)
def test_a_committed_record_is_read_and_written_byte_for_byte(folder: Path, record: str) -> None:
    found = read_record(folder, record)
    assert found is not None
    assert text_of(record, found).encode() == (folder / f"{record}.json").read_bytes()


def test_the_committed_records_are_of_these_kinds() -> None:
    kinds = {json.loads((case.values[0] / f"{case.values[1]}.json").read_text())["kind"] for case in COMMITTED}
    assert kinds == {"train", "copy weights", "make data", "measure cost", "sample images", "experiment"}
    assert kinds < {*RESULTS, *NOTES, EXPERIMENT}


def change(folder: Path, **content: Any) -> None:
    """Writes a whole record with some keys of other values, or without them: "gone"."""
    write_finished(folder, finished(STEP, training_result(identity(STEP))))
    path = folder / f"{STEP}.json"
    record = {key: value for key, value in (json.loads(path.read_text()) | content).items() if value != "gone"}
    path.write_text(json.dumps(record))


@pytest.mark.parametrize("key", ["id", "kind", "seconds", "training", "curves", "final", "source", "inputs", "outputs"])
def test_a_missing_key_is_told(key: str, tmp_path: Path) -> None:
    change(tmp_path, **{key: "gone"})
    with pytest.raises(LayerhintError) as told:
        read_finished(tmp_path, STEP)
    assert str(told.value).startswith(f"{tmp_path}/{STEP}.json is damaged (")
    assert f"key `{key}` is missing). If another version of this program wrote it, take that; else" in str(told.value)
    assert str(told.value).endswith("delete it: its step is then done again")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"colour": "red"}, r"unknown key `colour`"),
        ({"finished": "gone", "finishd": "2026"}, r"unknown key `finishd`; did you mean 'finished'\?"),
        ({"scale": "large"}, r"`scale`: expected a number, got the text 'large'"),
        ({"curves": {"train": [{"iteration": 1}], "test": []}}, r"key `curves\.train\.0\.loss` is missing"),
        ({"machine": {"system": "Linux", "cpu": "x", "cores": 2, "gpus": 1}}, r"unknown key `machine\.gpus`"),
        ({"kind": "trian"}, r"unknown kind, the text 'trian'; did you mean 'train'\?"),
        ({"id": "elsewhere"}, r"it is the record of the text 'elsewhere'"),
        # Not taken for another file that somebody has named by mistake.
        ({"a": 1, "b": 2, "curves": "gone", "frozen": "gone"}, r"unknown key `a`.* \(and 3 more\)"),
        ({"kind": ["train"]}, r"unknown kind, a list; known: experiment, make data, "),
    ],
)
def test_what_is_wrong_in_a_record_is_told(content: dict[str, Any], said: str, tmp_path: Path) -> None:
    change(tmp_path, **content)
    with pytest.raises(LayerhintError, match=rf"{STEP}\.json is damaged \(.*{said}.*\)\. If another .* delete it: its"):
        read_finished(tmp_path, STEP)


def test_a_record_in_the_place_of_another_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"schema": 2, "id": "x", "kind": "pending", "why": "changed: a"}))
    with pytest.raises(
        LayerhintError, match=r"x\.json is damaged \(it is a record of another kind than its name says\)"
    ):
        read_finished(tmp_path, "x")


def test_a_loss_may_be_no_number(tmp_path: Path) -> None:
    record = finished(STEP, training_result(identity(STEP), final={"accuracy": math.nan, "loss": math.inf}))
    write_finished(tmp_path, record)
    found = read_finished(tmp_path, STEP)
    assert found is not None
    assert isinstance(found.result, TrainResult)
    assert found.result.final is not None
    assert math.isnan(found.result.final["accuracy"])
    assert found.result.final["loss"] == math.inf


@pytest.mark.parametrize(
    ("content", "found"),
    [({"schema": 3}, "has schema 3"), ({"schema": 1}, "has schema 1"), ({}, "has no schema"), ([], "has no schema")],
)
def test_another_schema_is_told(content: object, found: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(content))
    with pytest.raises(LayerhintError, match=f"{found}, and this program reads schema 2"):
        read_record(tmp_path, "x")


@pytest.mark.parametrize("content", [b"{", b'{"schema": 2, "id": "\xff"}', b"[" * 100_000], ids=["end", "byte", "deep"])
def test_a_damaged_record_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(LayerhintError, match=r"x\.json is damaged .*delete it: its step is then done again"):
        read_record(tmp_path, "x")


def test_the_committed_records_make_a_report() -> None:
    results = read_results(ROOT / "results" / "cifar10-scale0.05" / "records")
    assert len(results.trained) == 19  # teacher, student; 3, 4, 4 and 6 of the methods
    final = results.trained["cifar10/resnet26-resnet14/kd/net1"].result.final
    assert final is not None
    assert final["accuracy"] == 0.8164


def test_where_a_record_came_from() -> None:
    said = provenance()
    assert {"torch", "numpy", "protobuf", "lmdb"} <= set(said.packages)
    assert said.machine.cores >= 1
    assert json.loads(json.dumps(said.as_json())) == said.as_json()


def test_no_commit_outside_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    found = source._source()
    assert (found.commit, found.changed) == (None, None)


@pytest.mark.parametrize(("file", "changed"), [("experiments/protocols/a.yaml", True), ("README.md", False)])
def test_an_edited_protocol_counts_as_changed(
    file: str, changed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("1")
    git("init")
    git("add", "-A")
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-m", "one")
    monkeypatch.setattr(source, "ROOT", tmp_path)
    assert source._source().changed is False
    path.write_text("2")
    assert source._source().changed is changed
