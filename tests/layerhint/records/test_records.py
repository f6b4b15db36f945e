"""Records: schemas that are read, and what a finished step's record says."""

import json
import subprocess
from pathlib import Path

import pytest

from layerhint.errors import LayerhintError
from layerhint.paths import ROOT
from layerhint.records import provenance as source
from layerhint.records.provenance import provenance
from layerhint.records.records import read_record, write_record
from layerhint.report.reading.results import read_results


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_record(tmp_path, "a/b", {"kind": "x"})
    assert read_record(tmp_path, "a/b") == {"schema": 2, "id": "a/b", "kind": "x"}


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
    with pytest.raises(LayerhintError, match=r"x\.json is damaged .*Delete it: its step is then done again"):
        read_record(tmp_path, "x")


def test_the_committed_records_make_a_report() -> None:
    results = read_results(ROOT / "results" / "cifar10-scale0.05" / "records")
    assert len(results.trained) == 19  # teacher, student; 3, 4, 4 and 6 of the methods
    final = results.trained["cifar10/resnet26-resnet14/kd/net1"].final
    assert final is not None
    assert final["accuracy"] == 0.8164


def test_where_a_record_came_from() -> None:
    said = provenance()
    assert {"torch", "numpy", "protobuf", "lmdb"} <= set(said["packages"])
    assert said["machine"]["cores"] >= 1
    assert json.loads(json.dumps(said)) == said


def test_no_commit_outside_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert source._commit() == {"commit": None, "changed": None}


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
    assert source._commit()["changed"] is False
    path.write_text("2")
    assert source._commit()["changed"] is changed
