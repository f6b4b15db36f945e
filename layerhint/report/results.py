"""The records of a run as plain data: experiments, and the trainings that are finished."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.records import read_record

STARTED = ".started"
OWN = "report"


@dataclass(frozen=True)
class Point:
    """Outputs of a net at an iteration, by blob name."""

    iteration: int
    outputs: Mapping[str, float]
    loss: float | None = None
    lr: float | None = None


@dataclass(frozen=True)
class Trained:
    """A finished training, as its record tells it. `made_by` is "driver" or "hand".

    `seconds` are those of the last `iterations_run` iterations: a resumed training's earlier part is not timed.
    `final` holds the final model's test outputs, None for a net without a test. `frozen` is the proof that the
    teacher in it did not move, or None.
    """

    id: str
    title: str
    stage: int
    max_iter: int
    seed: int
    init_seed: int | None
    batch_size: int
    profile: str
    scale: float
    engine: Mapping[str, str]
    device: str | None
    precision: str
    threads: int | None
    made_by: str
    finished: str
    seconds: float
    iterations_run: int
    train: tuple[Point, ...]
    test: tuple[Point, ...]
    final: Mapping[str, float] | None
    frozen: Mapping[str, Any] | None
    outputs: Mapping[str, str]

    @property
    def holds_frozen(self) -> bool:
        """Whether a teacher, or an earlier step's weights, must not move in it."""
        return self.frozen is None or self.frozen.get("teacher", "") is not None

    @property
    def unmoved(self) -> bool:
        """Whether the record proves that the teacher is bit for bit what it was."""
        return self.frozen is not None and self.frozen.get("identical") is True


@dataclass(frozen=True)
class MethodRow:
    """A method of an experiment: the ids of its Stage 2 nets and of its Stage 1 trainings."""

    method: str
    title: str
    nets: tuple[str, ...]
    stage1: tuple[str, ...]


@dataclass(frozen=True)
class Reported:
    """What the paper reports for a row, in %: single nets, and their average."""

    nets: tuple[float, ...] = ()
    average: float | None = None


@dataclass(frozen=True)
class ExperimentRecord:
    """An experiment as the driver recorded it. `measure` is "accuracy" (P_c) or "error" (P_e = 100 - P_c)."""

    name: str
    title: str
    heading: str
    dataset: str
    profile: str
    scale: float
    measure: str
    teacher: Mapping[str, Any]
    student: Mapping[str, Any]
    methods: tuple[MethodRow, ...]
    reported: Mapping[str, Reported]

    @property
    def trainings(self) -> tuple[str, ...]:
        """The ids of all its trainings, in the order of the table; each once."""
        rows = [i for row in self.methods for i in (*row.stage1, *row.nets)]
        return tuple(dict.fromkeys([self.teacher["training"], self.student["training"], *rows]))

    @property
    def is_papers_protocol(self) -> bool:
        """Whether it ran at the paper's full length on the whole data set."""
        return self.profile == "paper" and self.scale == 1


@dataclass(frozen=True)
class Results:
    """All that a run's records tell the report. `tested` is the number of test images by data set."""

    folder: Path
    experiments: tuple[ExperimentRecord, ...]
    trained: Mapping[str, Trained]
    tested: Mapping[str, int] = field(default_factory=dict)

    def experiment(self, name: str) -> ExperimentRecord:
        """Raises LayerhintError for an experiment that has no record here."""
        for experiment in self.experiments:
            if experiment.name == name:
                return experiment
        known = ", ".join(e.name for e in self.experiments)
        raise LayerhintError(f"{self.folder} holds no record of experiment {name!r}; it holds: {known}")


def record_ids(folder: Path) -> list[str]:
    """The ids of the finished steps' records in a folder, sorted; the report's own is left out."""
    ids = (path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.json"))
    return sorted(i for i in ids if i != OWN and not i.endswith(STARTED))


def read_results(folder: Path) -> Results:
    """Reads a run's `records` folder.

    Raises LayerhintError for a folder without an experiment's record, and for a damaged record.
    """
    experiments: list[ExperimentRecord] = []
    trained: dict[str, Trained] = {}
    tested: dict[str, int] = {}
    for step_id in record_ids(folder):
        record = read_record(folder, step_id)
        if record is None:
            continue
        try:
            match record.get("kind"):
                case "experiment":
                    experiments.append(_experiment(record))
                case "train" if not _superseded(folder, step_id, record):
                    trained[step_id] = _trained(step_id, record)
                case "make data" if "test" in record:
                    tested[record["dataset"]] = int(record["test"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise LayerhintError(
                f"{folder / step_id}.json is damaged ({type(error).__name__}: {error}). Delete it and run the "
                "experiment again: the driver then writes it anew"
            ) from None
    if not experiments:
        raise LayerhintError(
            f"{folder} holds no record of an experiment, so there is nothing to report. Name the folder of a run: "
            "one that `python tools/run_pipeline.py` made, with records/experiments/*.json in it"
        )
    return Results(folder, tuple(experiments), trained, tested)


def _superseded(folder: Path, step_id: str, record: Mapping[str, Any]) -> bool:
    """Whether the training was begun again from other inputs, so that its record is of the past."""
    started = read_record(folder, step_id + STARTED)
    return started is not None and started.get("inputs") != record["inputs"]


def _experiment(record: Mapping[str, Any]) -> ExperimentRecord:
    reported = record["reported"] or {}
    singles = {role: Reported(average=reported.get(role)) for role in ("teacher", "student")}
    rows = {method: Reported(tuple(row["nets"]), row["average"]) for method, row in reported.get("methods", {}).items()}
    return ExperimentRecord(
        name=record["name"],
        title=record["title"],
        heading=record["heading"],
        dataset=record["dataset"],
        profile=record["profile"],
        scale=record["scale"],
        measure=record["measure"],
        teacher=record["teacher"],
        student=record["student"],
        methods=tuple(
            MethodRow(row["method"], row["title"], tuple(row["nets"]), tuple(row["stage1"]))
            for row in record["methods"]
        ),
        reported={**singles, **rows},
    )


def _trained(step_id: str, record: Mapping[str, Any]) -> Trained:
    training = record["training"]
    curves = record["curves"]
    return Trained(
        id=step_id,
        title=training["title"],
        stage=training["stage"],
        max_iter=training["max_iter"],
        seed=training["seed"],
        init_seed=training["init_seed"],
        batch_size=training["batch_size"],
        profile=record["profile"],
        scale=record["scale"],
        engine={key: str(value) for key, value in record["engine"].items()},
        device=record["device"],
        precision=record["precision"],
        threads=record["threads"],
        made_by=record["made_by"],
        finished=record["finished"],
        seconds=float(record["seconds"]),
        iterations_run=record["iterations_run"],
        train=tuple(Point(p["iteration"], p["outputs"], p["loss"], p["lr"]) for p in curves["train"]),
        test=tuple(Point(p["iteration"], p["outputs"]) for p in curves["test"]),
        final=record["final"],
        frozen=record["frozen"],
        outputs=record["outputs"],
    )
