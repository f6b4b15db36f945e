"""Caffemodels that the repository carries: how they get there, and that they are what their descriptions say."""

import json
from pathlib import Path
from typing import Any

import pytest
from made_records import SOURCE, finished, identity, training_result

from layerhint.commands.keep_weights import main
from layerhint.driver.describe import describe
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.kept.description import path_beside, read_description
from layerhint.kept.keep import keep
from layerhint.paths import ROOT
from layerhint.records import fingerprint
from layerhint.records.kinds import RESULTS
from layerhint.records.provenance import Source
from layerhint.records.records import write_experiment, write_finished
from layerhint.records.step_results import CopyWeightsResult
from layerhint.records.training import TrainingResult
from layerhint.run_command import run_command

SHELF = ROOT / "weights/trained"
TEACHER, STUDENT = "mnist/resnet32/plain/plain", "mnist/resnet32-resnet8/kd/net1"
INIT = f"{STUDENT}_init"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run's folder with a teacher, surgery from it, and a student."""
    monkeypatch.chdir(tmp_path)
    teacher = caffemodel("teacher", b"t")
    initial = caffemodel("init", b"init")
    record(TEACHER, "train", {"solver.prototxt": "1"}, teacher)
    record(INIT, "copy weights", teacher, initial)
    record(STUDENT, "train", {"net1_solver.prototxt": "2", **initial}, caffemodel("student", b"student"))
    write_experiment(tmp_path / "run/records", describe(load_experiment("table3")))
    return tmp_path / "run"


def caffemodel(name: str, content: bytes) -> dict[str, str]:
    path = Path(f"weights/{name}.caffemodel")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return {str(path): fingerprint.of_file(path)}


def record(
    step: str, kind: str, inputs: dict[str, str], outputs: dict[str, str], source: Source = SOURCE, **more: Any
) -> None:
    result = RESULTS[kind]
    if issubclass(result, TrainingResult):
        said = training_result(identity(step, title=f"title of {step}"), result, **more)
    else:
        said = CopyWeightsResult(engine={"name": "torch", "version": "9"})
    write_finished(Path("run/records"), finished(step, said, inputs, outputs, source=source))


def edited(changed: bool | None) -> Source:
    return Source(version="0.1.0", commit="abc", changed=changed)


def test_a_training_is_kept_with_its_lineage(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(main, [str(run), TEACHER, STUDENT, "--shelf", "shelf"]) == 0
    kept = Path(f"shelf/{STUDENT}.caffemodel")
    assert str(kept) in capsys.readouterr().out
    assert kept.read_bytes() == b"student"
    told = read_description(kept)
    assert told is not None
    assert (told.training, told.accuracy, told.iterations, told.source) == (STUDENT, 0.9925, 36000, "abc")
    assert [parent.step for parent in told.parents] == [INIT, TEACHER]
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


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"scale": 0.1}, r"scale 0\.1 and the full data"),
        ({"profile": "smoke"}, "profile smoke"),
        ({"overrides": {"lambda": 40}}, "lambda=40"),
        ({"precision": "tf32"}, "precision tf32"),
    ],
)
def test_so_must_its_parents_be(run: Path, more: dict[str, Any], said: str) -> None:
    record(TEACHER, "train", {}, caffemodel("teacher", b"t"), **more)
    with pytest.raises(LayerhintError, match=f"{TEACHER}, from which {STUDENT} comes, was trained with .*{said}"):
        keep(run, STUDENT, Path("shelf"))
    assert not Path("shelf").exists()


def test_a_parent_that_no_step_left_is_refused(run: Path) -> None:
    """The teacher was trained once more after the student."""
    record(TEACHER, "train", {}, caffemodel("teacher", b"another"))
    with pytest.raises(LayerhintError, match=rf"teacher\.caffemodel went into {INIT}, and no finished step of the run"):
        keep(run, STUDENT, Path("shelf"))


def taken_teacher(run: Path, given: bytes) -> None:
    """As if the run had been given a teacher: what it trains from is a copy, of other bytes."""
    source = caffemodel("given", given)
    copy = caffemodel("teacher", b"t, copied")
    record(INIT, "copy weights", copy, caffemodel("init", b"init"))
    record(TEACHER, "take teacher", source, copy, made_by="taken from given.caffemodel", source=edited(False))


def test_a_student_of_a_given_teacher_comes_from_the_one_on_the_shelf(run: Path) -> None:
    kept = keep(run, TEACHER, Path("shelf"))
    taken_teacher(run, b"t")
    told = read_description(keep(run, STUDENT, Path("shelf")))
    assert told is not None
    assert [(parent.step, parent.sha256) for parent in told.parents][1:] == [(TEACHER, fingerprint.of_file(kept))]


def test_a_student_of_any_other_teacher_is_refused(run: Path) -> None:
    keep(run, TEACHER, Path("shelf"))
    taken_teacher(run, b"whatever")
    with pytest.raises(
        LayerhintError, match=f"{STUDENT} comes from a teacher that was given with --teacher-from, and none"
    ):
        keep(run, STUDENT, Path("shelf"))
    taken_teacher(run, b"t")
    with pytest.raises(LayerhintError, match=f"none below empty is that one: give a {TEACHER} that is kept there"):
        keep(run, STUDENT, Path("empty"))


def test_a_kept_net_that_is_taken_for_another_training_s_is_refused(run: Path) -> None:
    other = "mnist/resnet32/plain/other"
    record(other, "train", {}, caffemodel("other", b"other"))
    keep(run, other, Path("shelf"))
    taken_teacher(run, b"other")
    with pytest.raises(LayerhintError, match="none below shelf is that one"):
        keep(run, STUDENT, Path("shelf"))


@pytest.mark.parametrize(
    ("of_student", "of_teacher", "said"),
    [(True, False, True), (False, True, True), (False, False, False), (False, None, None)],
)
def test_it_is_told_if_the_program_had_been_edited(
    run: Path, of_student: bool, of_teacher: bool | None, said: bool | None
) -> None:
    """None where a person trained the teacher."""
    by: dict[str, Any] = {"made_by": "hand"} if of_teacher is None else {"source": edited(of_teacher)}
    teacher, initial = caffemodel("teacher", b"t"), caffemodel("init", b"init")
    record(TEACHER, "train", {}, teacher, **by)
    record(INIT, "copy weights", teacher, initial, source=edited(False))
    record(
        STUDENT,
        "train",
        {"net1_solver.prototxt": "2", **initial},
        caffemodel("student", b"s"),
        source=edited(of_student),
    )
    told = read_description(keep(run, STUDENT, Path("shelf")))
    assert told is not None
    assert told.changed is said
    assert ("the program edited" in Path("shelf/README.md").read_text()) is bool(said)


def test_an_edit_before_a_kept_teacher_is_told_too(run: Path) -> None:
    record(TEACHER, "train", {}, caffemodel("teacher", b"t"), source=edited(True))
    keep(run, TEACHER, Path("shelf"))
    taken_teacher(run, b"t")
    told = read_description(keep(run, STUDENT, Path("shelf")))
    assert told is not None
    assert told.changed


def test_a_place_that_cannot_be_is_chosen_with_shelf(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("shelf").write_text("in the way")
    assert run_command(main, [str(run), TEACHER, "--shelf", "shelf"]) == 1
    error = capsys.readouterr().err
    assert "cannot write shelf/" in error
    assert "Choose another place with --shelf" in error
    assert "--out" not in error


def test_a_caffemodel_that_has_changed_since_is_not_kept(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    caffemodel("student", b"another")
    assert run_command(main, [str(run), STUDENT, "--shelf", "shelf"]) == 1
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
    for content in ({"epochs": 3, "seed": 5}, [1]):
        path_beside(weights).write_text(json.dumps(content))
        assert read_description(weights) is None


def damaged(description: Path, how: str) -> None:
    """The description as an accident leaves it."""
    text = description.read_text()
    description.unlink()
    match how:
        case "cut":
            description.write_text(text[:40])
        case "bytes":
            description.write_bytes(b"\xff" + text.encode())
        case "a folder":
            description.mkdir()
        case "without parents":
            description.write_text(json.dumps({k: v for k, v in json.loads(text).items() if k != "parents"}))
        case "another type":
            description.write_text(json.dumps(json.loads(text) | {"engine": "torch"}))


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("cut", "it is no JSON: .*"),
        ("bytes", "it is no JSON: .*"),
        ("a folder", "Is a directory"),
        ("without parents", "plain.json: key `parents` is missing"),
        ("another type", "plain.json: `engine`: expected a mapping, got the text 'torch'"),
    ],
)
def test_a_damaged_description_does_not_switch_the_check_off(run: Path, how: str, why: str) -> None:
    kept = keep(run, TEACHER, Path("shelf"))
    damaged(path_beside(kept), how)
    said = rf"the description plain\.json beside it cannot be read \({why}\): restore it, or, if it is lost"
    with pytest.raises(LayerhintError, match=said):
        read_description(kept)
    page = Path("shelf/README.md").read_text()
    with pytest.raises(LayerhintError, match=said):
        keep(run, STUDENT, Path("shelf"))
    assert Path("shelf/README.md").read_text() == page
    assert not Path(f"shelf/{STUDENT}.caffemodel").exists(), "nothing is half kept"


def test_what_is_kept_anew_mends_its_own_description(run: Path) -> None:
    kept = keep(run, TEACHER, Path("shelf"))
    damaged(path_beside(kept), "cut")
    assert read_description(keep(run, TEACHER, Path("shelf"))) is not None


def test_a_kept_caffemodel_without_a_description_stays_in_the_table(run: Path) -> None:
    path_beside(keep(run, TEACHER, Path("shelf"))).unlink()
    keep(run, STUDENT, Path("shelf"))
    page = Path("shelf/README.md").read_text()
    assert f"| `{TEACHER}.caffemodel` | without a description |" in page


@pytest.mark.parametrize("weights", sorted(SHELF.rglob("*.caffemodel")), ids=lambda path: path.stem)
def test_what_the_repository_carries_is_what_it_says(weights: Path) -> None:
    told = read_description(weights)
    assert told is not None
    assert told.bytes == weights.stat().st_size
    assert f"`{told.sha256[:16]}`" in (SHELF / "README.md").read_text()
