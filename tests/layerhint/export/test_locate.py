"""The files of a run's training, by its records."""

from pathlib import Path

import pytest
from made_records import finished, identity, training_result

from layerhint.driver.describe import describe
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.export.locate import choices, of_files, of_training
from layerhint.records import fingerprint
from layerhint.records.experiment_description import DescribedMethod
from layerhint.records.notes import Started
from layerhint.records.records import write_experiment, write_finished, write_started

PLAIN = "mnist/resnet8/plain"
STUDENT = "mnist/resnet26-resnet8/kd"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a plain student and a KD student, whose deploy net is the plain one's."""
    generated = tmp_path / "generated"
    (generated / PLAIN).mkdir(parents=True)
    (generated / PLAIN / "deploy.prototxt").write_text("deploy")
    record(tmp_path, PLAIN, "plain", 0)
    record(tmp_path, STUDENT, "stage1", 1)
    record(tmp_path, STUDENT, "net1", 2)
    kd = DescribedMethod(method="kd", title="KD", nets=(f"{STUDENT}/net1",), stage1=(), stage1_of_others=())
    described = describe(load_experiment("table3"))
    student = described.student.model_copy(update={"training": f"{PLAIN}/plain"})
    own = described.model_copy(update={"name": "own", "student": student, "methods": (kd,)})
    write_experiment(tmp_path / "records", own)
    write_started(tmp_path / "records", f"{STUDENT}/net2", Started(inputs={}))
    return tmp_path


def record(run: Path, folder: str, name: str, stage: int) -> None:
    weights = run / "weights" / folder / f"{name}_iter_9.caffemodel"
    weights.parent.mkdir(parents=True, exist_ok=True)
    weights.write_bytes(name.encode())
    kind = f"stage{stage}_" if stage else ""
    training = f"{folder}/{name}"
    inputs = {
        "engine": "torch",
        f"{run}/generated/{folder}/{name}_solver.prototxt": "0",
        f"{run}/generated/{folder}/{kind}train.prototxt": "1",
        f"{run}/generated/{folder}/{kind}test.prototxt": "2",
    }
    result = training_result(identity(training, stage=stage))
    outputs = {str(weights): fingerprint.of_file(weights)}
    write_finished(run / "records", finished(training, result, inputs, outputs))


def test_a_student_has_the_deploy_net_of_its_plain_training(run: Path) -> None:
    subject = of_training(run, f"{STUDENT}/net1")
    assert subject.model == run / "generated" / PLAIN / "deploy.prototxt"
    assert subject.weights == run / "weights" / STUDENT / "net1_iter_9.caffemodel"
    assert subject.test_net == run / "generated" / STUDENT / "stage2_test.prototxt"
    assert subject.facts == {"training": f"{STUDENT}/net1", "title": "Training net1", "dataset": "mnist"}


def test_a_plain_training_has_its_own(run: Path) -> None:
    subject = of_training(run, f"{PLAIN}/plain")
    assert subject.model == run / "generated" / PLAIN / "deploy.prototxt"
    assert subject.test_net == run / "generated" / PLAIN / "test.prototxt"


def test_a_training_that_is_not_there_lists_those_that_are(run: Path) -> None:
    with pytest.raises(LayerhintError) as refusal:
        of_training(run, "mnist/net9")
    assert str(refusal.value) == (
        f"{run} has no record of a training 'mnist/net9'. Trainings to export: {STUDENT}/net1, {PLAIN}/plain"
    )


def test_a_record_that_is_no_training_is_refused(run: Path) -> None:
    with pytest.raises(LayerhintError, match="no record of a training 'experiments/own'"):
        of_training(run, "experiments/own")


def test_hint_training_leaves_no_classifier(run: Path) -> None:
    with pytest.raises(LayerhintError, match=f"{STUDENT}/stage1 is hint training, which leaves no classifier"):
        of_training(run, f"{STUDENT}/stage1")


def test_records_without_their_weights_are_not_enough(run: Path) -> None:
    (run / "weights" / STUDENT / "net1_iter_9.caffemodel").unlink()
    with pytest.raises(
        LayerhintError, match=r"no file .*net1_iter_9\.caffemodel: run the experiment again; records alo"
    ):
        of_training(run, f"{STUDENT}/net1")


def test_weights_that_are_no_longer_what_was_trained_are_refused(run: Path) -> None:
    (run / "weights" / STUDENT / "net1_iter_9.caffemodel").write_bytes(b"other")
    with pytest.raises(LayerhintError, match=rf"net1_iter_9\.caffemodel is no longer what the training {STUDENT}/net1"):
        of_training(run, f"{STUDENT}/net1")


def test_without_a_deploy_net_all_places_are_named(run: Path) -> None:
    (run / "generated" / PLAIN / "deploy.prototxt").unlink()
    with pytest.raises(
        LayerhintError, match=rf"no deploy net for {STUDENT}: none of .*{STUDENT}/deploy.*, .*{PLAIN}/dep"
    ):
        of_training(run, f"{STUDENT}/net1")


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    assert choices(tmp_path / "records").startswith(f"There is no folder {tmp_path}/records: name the folder of a run")


def test_a_run_that_has_trained_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    assert choices(tmp_path / "records") == "Trainings to export: none is finished"


@pytest.mark.parametrize("missing", ["model", "weights", "test"])
def test_a_file_that_is_absent_is_named(missing: str, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("model", "weights", "test")]
    for file in files:
        if file.name != missing:
            file.touch()
    with pytest.raises(LayerhintError, match=f"there is no file .*/{missing}: correct its name"):
        of_files(*files)
