"""Caffemodels that the repository carries: how they get there, and that they are what their descriptions say."""

import json
from pathlib import Path
from typing import Any

import pytest

from layerhint.commands.keep_weights import main
from layerhint.errors import LayerhintError
from layerhint.kept.description import path_beside, read_description
from layerhint.kept.keep import keep
from layerhint.paths import ROOT
from layerhint.records import fingerprint
from layerhint.records.records import write_record

SHELF = ROOT / "weights/trained"
TEACHER, STUDENT = "mnist/resnet32/plain/plain", "mnist/resnet32-resnet8/kd/net1"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run's folder with a teacher, surgery from it, and a student."""
    monkeypatch.chdir(tmp_path)
    teacher = caffemodel("teacher", b"t")
    initial = caffemodel("init", b"init")
    record(TEACHER, "train", {"solver.prototxt": "1"}, teacher)
    record("mnist/resnet32-resnet8/kd/net1_init", "surgery", teacher, initial)
    record(STUDENT, "train", {"net1_solver.prototxt": "2", **initial}, caffemodel("student", b"student"))
    record("experiments/table3", None, {}, {})
    return tmp_path / "run"


def caffemodel(name: str, content: bytes) -> dict[str, str]:
    path = Path(f"weights/{name}.caffemodel")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return {str(path): fingerprint.of_file(path)}


def record(step: str, kind: str | None, inputs: dict[str, str], outputs: dict[str, str], **more: Any) -> None:
    content: dict[str, Any] = {"inputs": inputs, "outputs": outputs} if kind is None else {
        "kind": kind, "inputs": inputs, "outputs": outputs, "profile": "paper", "scale": 1, "data": "full",
        "training": {"title": f"title of {step}", "max_iter": 36000, "seed": 3},
        "engine": {"name": "torch", "version": "9"}, "device": "cpu", "finished": "2026-01-02",
        "made_by": "driver", "final": {"accuracy": 0.9925, "loss": 0.1}, "source": {"commit": "abc"},
    }  # fmt: skip
    write_record(Path("run/records"), step, content | more)


def test_a_training_is_kept_with_its_lineage(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(run), TEACHER, STUDENT, "--shelf", "shelf"]) == 0
    kept = Path(f"shelf/{STUDENT}.caffemodel")
    assert str(kept) in capsys.readouterr().out
    assert kept.read_bytes() == b"student"
    told = read_description(kept)
    assert told is not None
    assert (told.training, told.accuracy, told.iterations, told.source) == (STUDENT, 0.9925, 36000, "abc")
    assert [parent.step for parent in told.parents] == ["mnist/resnet32-resnet8/kd/net1_init", TEACHER]
    rows = [line for line in Path("shelf/README.md").read_text().splitlines() if line.startswith("| `")]
    assert [row.split("|")[3].strip() for row in rows] == ["0.75", "0.75"]
    assert any(told.sha256[:16] in row and STUDENT in row for row in rows)


def test_nobody_took_down_what_commit_a_training_by_hand_had(run: Path) -> None:
    record(TEACHER, "train", {}, caffemodel("teacher", b"t"), made_by="hand")
    told = read_description(keep(run, TEACHER, Path("shelf")))
    assert told is not None
    assert told.source is None


def test_only_the_paper_s_trainings_at_full_length_are_kept(run: Path) -> None:
    with pytest.raises(LayerhintError, match=r"no record of a finished training 'x'\. Finished: .*plain, .*net1"):
        keep(run, "x", Path("shelf"))
    record(TEACHER, "train", {}, caffemodel("teacher", b"t"), scale=0.1)
    with pytest.raises(LayerhintError, match=r"scale 0\.1 and the full data: what is kept is trained by"):
        keep(run, TEACHER, Path("shelf"))


@pytest.mark.parametrize(
    ("more", "said"),
    [({"overrides": {"lambda": 40}}, "lambda=40"), ({"precision": "bf16"}, "precision bf16")],
)
def test_only_the_protocol_as_it_is_committed_is_kept(run: Path, more: dict[str, Any], said: str) -> None:
    record(TEACHER, "train", {}, caffemodel("teacher", b"t"), **more)
    with pytest.raises(LayerhintError, match=f"was trained with {said}: what is kept"):
        keep(run, TEACHER, Path("shelf"), harmless=("averaging",))


def test_how_the_report_takes_the_figures_does_not_matter(run: Path) -> None:
    record(TEACHER, "train", {}, caffemodel("teacher", b"t"), overrides={"averaging": "predictions"})
    assert keep(run, TEACHER, Path("shelf"), harmless=("averaging",)).is_file()


def test_a_caffemodel_that_has_changed_since_is_not_kept(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    caffemodel("student", b"another")
    assert main([str(run), STUDENT, "--shelf", "shelf"]) == 1
    assert f"student.caffemodel is gone or no longer what {STUDENT} left" in capsys.readouterr().err
    assert not Path("shelf").exists()


def test_a_caffemodel_that_is_not_the_one_described_is_refused(run: Path) -> None:
    kept = keep(run, TEACHER, Path("shelf"))
    kept.write_bytes(b"cut")
    with pytest.raises(LayerhintError, match=r"plain\.caffemodel is not the caffemodel that .*plain\.json describes"):
        read_description(kept)


def test_a_caffemodel_without_a_description_is_anybody_s(tmp_path: Path) -> None:
    weights = tmp_path / "my.caffemodel"
    weights.write_bytes(b"mine")
    assert read_description(weights) is None
    path_beside(weights).write_text(json.dumps({"epochs": 3}))
    assert read_description(weights) is None


@pytest.mark.parametrize("weights", sorted(SHELF.rglob("*.caffemodel")), ids=lambda path: path.stem)
def test_what_the_repository_carries_is_what_it_says(weights: Path) -> None:
    told = read_description(weights)
    assert told is not None
    assert told.bytes == weights.stat().st_size
    assert f"`{told.sha256[:16]}`" in (SHELF / "README.md").read_text()
