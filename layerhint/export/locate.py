"""What is exported: a deploy net and its weights, as files or as a training of a run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from layerhint.errors import LayerhintError
from layerhint.records import fingerprint
from layerhint.records.finished import Finished
from layerhint.records.records import experiment_names, finished_ids, read_experiment, read_record
from layerhint.records.training import TrainResult

DEPLOY = "deploy.prototxt"


@dataclass(frozen=True)
class Subject:
    """A deploy net, its weights, the test net whose LMDB has test images for it, and facts about it."""

    model: Path
    weights: Path
    test_net: Path | None
    facts: Mapping[str, str]


def of_files(model: Path, weights: Path, test_net: Path | None) -> Subject:
    """The subject of files that the user names. Raises LayerhintError for the first one that is missing."""
    for file in (model, weights, *([test_net] if test_net else [])):
        _check_there(file, "correct its name")
    return Subject(model, weights, test_net, {})


def of_training(run: Path, training: str) -> Subject:
    """The subject of a finished training of a run. Paths in the run's records are relative to the working directory.

    Raises LayerhintError for a training without a record, for one that trains no classifier, and for files that are
    gone or no longer what the training left.
    """
    records = run / "records"
    record = _trained(records, training)
    if record is None:
        raise LayerhintError(f"{run} has no record of a training {training!r}. {choices(records)}")
    about = record.result.training
    if about.stage == 1:
        raise LayerhintError(f"{training} is hint training, which leaves no classifier. {choices(records)}")
    (path, left), *_ = record.outputs.items()
    weights = Path(path)
    _check_there(weights, "run the experiment again; records alone hold no weights")
    if fingerprint.of_file(weights) != left:
        raise LayerhintError(
            f"{weights} is no longer what the training {training} left. Run the experiment again, or export that "
            "file with --model and --weights"
        )
    tested = next((Path(p) for p in record.inputs if p.endswith("test.prototxt")), None)
    facts = {"training": training, "title": about.title, "dataset": about.dataset}
    return Subject(_deploy_net(records, record), weights, tested, facts)


def _trained(records: Path, training: str) -> Finished[TrainResult] | None:
    record = read_record(records, training)
    return record.of(TrainResult) if isinstance(record, Finished) else None


def _deploy_net(records: Path, record: Finished[TrainResult]) -> Path:
    """The deploy net in the training's own folder or, for a student, in that of its plain training."""
    training = record.result.training
    own = PurePosixPath(training.folder)
    solver = next(PurePosixPath(p) for p in record.inputs if p.endswith("solver.prototxt"))
    generated = solver.parents[len(own.parts)]
    folders = [own, *(PurePosixPath(plain).parent for plain in _plain_students(records, training.id))]
    tried = [Path(generated / folder / DEPLOY) for folder in folders]
    for path in tried:
        if path.is_file():
            return path
    raise LayerhintError(
        f"there is no deploy net for {own}: none of {', '.join(map(str, tried))} is there. Render the run's files "
        "again (tools/run_pipeline.py), or give a net of your own with --model and --weights"
    )


def _plain_students(records: Path, training: str) -> Iterator[str]:
    """The plain trainings of the student that a training trained, one for each experiment it is part of."""
    for name in experiment_names(records):
        experiment = read_experiment(records, name)
        if experiment is None:
            continue
        plain = experiment.student.training
        if plain is not None and any(training in method.nets for method in experiment.methods):
            yield plain


def choices(records: Path) -> str:
    """A sentence with the trainings that can be exported."""
    if not records.is_dir():
        return f"There is no folder {records}: name the folder of a run that tools/run_pipeline.py made"
    trained = ((step, _trained(records, step)) for step in finished_ids(records))
    found = [step for step, record in trained if record is not None and record.result.training.stage != 1]
    return f"Trainings to export: {', '.join(found) or 'none is finished'}"


def _check_there(file: Path, remedy: str) -> None:
    if not file.is_file():
        raise LayerhintError(f"there is no file {file}: {remedy}")
