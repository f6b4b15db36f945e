"""Where each figure comes from: a training's files, parents, data, engine, seeds, result, and how to make it again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from layerhint.records.experiment_description import ExperimentDescription
from layerhint.records.training import TrainingResult
from layerhint.report.content.commands import by_hand, driver_command, surgery_command
from layerhint.report.content.facts import given, machine
from layerhint.report.numbers import ABSENT
from layerhint.report.reading.results import Results
from layerhint.report.reading.trained import Trained, taken_from
from layerhint.wording import count, duration, engine_name

HASH_DIGITS = 12


@dataclass(frozen=True)
class File:
    """A file that went into a training or came out of it, with its SHA-256 (without comments, for a prototxt)."""

    role: str
    path: str
    sha256: str


@dataclass(frozen=True)
class Lineage:
    """All that is known of a training. `parents` and `used_by` are ids of trainings and names of experiments.

    `facts` are labelled texts in reading order, `commands` labelled command lines. A training that has not finished has
    its id and its `used_by` alone.
    """

    id: str
    title: str
    used_by: tuple[str, ...]
    trained: Trained | None = None
    files: tuple[File, ...] = ()
    parents: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    commands: tuple[tuple[str, str], ...] = ()

    @property
    def result(self) -> File | None:
        """The caffemodel that it left."""
        return next((file for file in self.files if file.role == "Result"), None)


COLUMNS = ("Training", "Iterations", "Seed", "Init seed", "Engine", "Device", "By", "Time", "Teacher", "Result")
TEXTS = frozenset({"Training", "Engine", "Device", "By", "Teacher", "Result"})


def lineages_of(results: Results) -> tuple[Lineage, ...]:
    """The lineage of every training of every experiment, each once, in the order of the experiments' tables."""
    users: dict[str, list[ExperimentDescription]] = {}
    for experiment in results.experiments:
        for training in experiment.trainings:
            users.setdefault(training, []).append(experiment)
    makers = _makers(results)
    return tuple(_lineage(results, training, used_by, makers) for training, used_by in users.items())


def summary(lineage: Lineage) -> tuple[str, ...]:
    """The fields of its line in a table, in the order of `COLUMNS`."""
    trained = lineage.trained
    if trained is None:
        return (lineage.id, "not finished", *[ABSENT] * (len(COLUMNS) - 2))
    result = lineage.result.sha256[:HASH_DIGITS] if lineage.result else ABSENT
    training = trained.result.training
    if trained.result.is_taken:
        return (trained.id, "not trained here", *[ABSENT] * 4, given(trained), ABSENT, ABSENT, result)
    return (
        trained.id,
        count(training.max_iter),
        str(training.seed),
        ABSENT if training.init_seed is None else str(training.init_seed),
        engine_name(trained.result.engine, whole=False),
        machine(trained.result),
        trained.result.made_by,
        _time(trained),
        _teacher(trained.result),
        result,
    )


def _makers(results: Results) -> Mapping[str, str]:
    """By the path of a caffemodel the training that left it."""
    return {path: trained.id for trained in results.trained.values() for path in trained.outputs}


def _lineage(
    results: Results, training: str, used_by: list[ExperimentDescription], makers: Mapping[str, str]
) -> Lineage:
    names = tuple(experiment.name for experiment in used_by)
    trained = results.trained.get(training)
    if trained is None:
        return Lineage(training, training, names)
    sources = results.copied.get(training, {})
    files = (*_inputs(trained), *_surgery(sources), *_results(trained.outputs))
    return Lineage(
        id=training,
        title=trained.result.training.title,
        used_by=names,
        trained=trained,
        files=files,
        parents=tuple(makers[path] for path in sources if path in makers),
        facts=tuple(_facts(results, trained, used_by[0])),
        commands=tuple(_commands(results, trained, files, used_by[0])),
    )


def _inputs(trained: Trained) -> Iterable[File]:
    for path, sha256 in trained.inputs.items():
        name = PurePosixPath(path).name
        if path == taken_from(trained):
            yield File("Taken from", path, sha256)
        elif name.endswith("solver.prototxt"):
            yield File("Solver", path, sha256)
        elif name.endswith(".prototxt"):
            yield File("Test net" if "test" in name else "Training net", path, sha256)
        elif name.endswith(".caffemodel"):
            yield File("Initial weights", path, sha256)


def _surgery(inputs: Mapping[str, str]) -> Iterable[File]:
    for path, sha256 in inputs.items():
        if path.endswith(".yaml"):
            yield File("Surgery", path, sha256)
        elif path.endswith(".caffemodel"):
            yield File("Parent", path, sha256)


def _results(outputs: Mapping[str, str]) -> Iterable[File]:
    for path, sha256 in outputs.items():
        yield File("Result" if path.endswith(".caffemodel") else "Its lineage", path, sha256)


def _facts(results: Results, trained: Trained, experiment: ExperimentDescription) -> Iterable[tuple[str, str]]:
    data = results.data.get(experiment.dataset)
    if data is not None:
        content = f", content {data.content[:HASH_DIGITS]}" if data.content else ""
        yield "Data", f"{data.dataset}, {count(data.train)} training and {count(data.test)} test images{content}"
    result, training = trained.result, trained.result.training
    if data is not None and trained.inputs.get("data", data.content) != data.content:
        verb = "Tested" if result.is_taken else "Trained"
        yield f"{verb} on", f"data of another content: {trained.inputs['data'][:HASH_DIGITS]}"
    if result.is_taken:
        yield "Taken", f"from {taken_from(trained)}, {result.finished[:10]}; not trained here"
        yield "Tested by", f"{engine_name(result.engine)}, {result.precision}"
        return
    yield "Engine", engine_name(result.engine)
    yield "Device", f"{machine(result)}, {result.precision}"
    yield "Iterations", f"{count(training.max_iter)} of batch {training.batch_size}"
    surgery = "" if training.init_seed is None else f", surgery {training.init_seed}"
    yield "Seeds", f"solver {training.seed}{surgery}"
    yield "Trained by", f"{result.made_by}, {result.finished[:10]}, {_time(trained)}"
    if training.stage and result.holds_frozen:
        yield "Frozen blobs", _proof(result)


def _commands(
    results: Results, trained: Trained, files: Iterable[File], experiment: ExperimentDescription
) -> Iterable[tuple[str, str]]:
    by_role = {file.role: file.path for file in files}
    known = (results.trained[training] for training in experiment.trainings if training in results.trained)
    teacher = next(filter(None, map(taken_from, known)), "")
    start = f"From {PurePosixPath(teacher).name}" if teacher else "From nothing"
    yield f"{start}, in a folder of its own", driver_command(experiment, trained, teacher)
    if "Surgery" in by_role:
        yield "Its initial weights alone", surgery_command(by_role["Surgery"])
    if "Solver" in by_role:
        weights, precision = by_role.get("Initial weights"), trained.result.precision
        yield "This training alone", by_hand(by_role["Solver"], weights, precision)


def _time(trained: Trained) -> str:
    result = trained.result
    if not result.iterations_run:
        return ABSENT
    spent = duration(trained.seconds)
    if result.iterations_run < result.training.max_iter:
        return f"{spent} for the last {count(result.iterations_run)}"
    return spent


def _teacher(result: TrainingResult) -> str:
    if not (result.training.stage and result.holds_frozen):
        return ABSENT
    return "identical" if result.unmoved else "no proof"


def _proof(result: TrainingResult) -> str:
    if not result.unmoved or result.frozen is None:
        return "no proof that they did not move"
    blobs = f"{result.frozen.blobs} blobs of {result.frozen.layers} layers"
    return f"bit for bit as they were: {blobs}, SHA-256 {result.frozen.sha256[:HASH_DIGITS]}"
