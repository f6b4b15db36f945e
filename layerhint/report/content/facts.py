"""What has to be known about a run to read its numbers: engine, device, lengths, who trained, the proofs."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from layerhint.records.experiment_description import ExperimentDescription
from layerhint.records.training import TrainingResult
from layerhint.report.content.notes import notes_on
from layerhint.report.content.table import Table
from layerhint.report.reading.results import Results
from layerhint.report.reading.trained import Trained, taken_from
from layerhint.wording import UNKNOWN, count, duration, engine_name, plural


@dataclass(frozen=True)
class Proof:
    """Whether every finished Stage 1 and Stage 2 step is proved to have left its teacher bit for bit as it was.

    It does not hold while there is no such step; `missing` names the steps without a proof.
    """

    text: str
    holds: bool
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Labelled facts in reading order, the statement about the frozen teachers, and what to beware of."""

    items: tuple[tuple[str, str], ...]
    proof: Proof
    notes: tuple[str, ...]


def gather_facts(results: Results, experiment: ExperimentDescription, table: Table) -> Facts:
    """The facts about the finished trainings of an experiment; a given teacher does not count."""
    found = [results.trained[i] for i in experiment.trainings if i in results.trained]
    trained = [record for record in found if not record.result.is_taken]
    taken = [record for record in found if record.result.is_taken]
    done = [record.result for record in trained]
    items = [
        ("Engine", _tally(engine_name(t.engine) for t in done)),
        ("Device", _tally(machine(t) for t in done)),
        ("Precision", _tally(t.precision for t in done)),
        ("Profile", _profile(experiment)),
        ("Schedule", _schedule(experiment)),
        *(("Teacher", f"not trained here: {given(record)}") for record in taken),
        ("Trainings", f"{len(done)} of {len(experiment.trainings) - len(taken)} finished"),
        ("Iterations", count(sum(t.training.max_iter for t in done))),
        ("Trained by", _tally(t.made_by for t in done)),
        ("Training time", _time(trained)),
        ("Finished", max((t.finished for t in done), default="")[:10] or UNKNOWN),
    ]
    return Facts(tuple(items), prove(trained), tuple(notes_on(results, experiment, table)))


def machine(result: TrainingResult) -> str:
    """`cpu, 2 threads`; on a GPU the threads do not matter."""
    if result.device is None:
        return UNKNOWN
    device = "CPU" if result.device == "cpu" else result.device
    if result.device != "cpu" or result.threads is None:
        return device
    return f"{device}, {plural(result.threads, 'thread')}"


def given(trained: Trained) -> str:
    """`taken from resnet26.caffemodel`, for a teacher that was given."""
    return f"taken from {PurePosixPath(taken_from(trained)).name}"


def prove(done: Iterable[Trained]) -> Proof:
    """The statement about the teachers of some finished trainings; plain trainings have none."""
    taught = [t for t in done if t.result.training.stage and t.result.holds_frozen]
    missing = tuple(t.id for t in taught if not t.result.unmoved)
    if not taught:
        return Proof("No Stage 1 or Stage 2 step has finished yet.", holds=False)
    several = len(taught) > 1
    steps = f"{len(taught)} finished Stage 1 and Stage 2 steps" if several else "one finished Stage 1 or Stage 2 step"
    if not missing:
        return Proof(
            f"The {steps} left the teacher bit for bit as it was: every blob was compared, the statistics of "
            "BatchNorm included.",
            holds=True,
        )
    return Proof(
        f"Of the {steps}, {len(taught) - len(missing)} left the teacher bit for bit as it was. There is no such proof "
        f"for {', '.join(missing)}.",
        holds=False,
        missing=missing,
    )


def _tally(values: Iterable[str]) -> str:
    """`a`; of several values, how many trainings have each: `12 × a; 3 × b`."""
    counted = Counter(values)
    if len(counted) <= 1:
        return next(iter(counted), UNKNOWN)
    return "; ".join(f"{n} × {value}" for value, n in counted.most_common())


def _profile(experiment: ExperimentDescription) -> str:
    return {"paper": "paper (the whole data set)", "smoke": "smoke (the sample images)"}.get(
        experiment.profile, experiment.profile
    )


def _schedule(experiment: ExperimentDescription) -> str:
    scaled = f"scaled by {experiment.scale:g}" if experiment.scale != 1 else ""
    if experiment.profile != "paper":
        whose = "the profile's own"
    elif experiment.has_papers_schedules is None:
        whose = "the experiment's own"
    elif experiment.has_papers_schedules:
        return scaled or "the paper's full length"
    else:
        whose = "lengths or rates other than the paper's"
    return f"{whose}, {scaled}" if scaled else whose


def _time(done: list[Trained]) -> str:
    if not done:
        return UNKNOWN
    timed = sum(t.result.iterations_run for t in done)
    all_of_them = sum(t.result.training.max_iter for t in done)
    if not timed:
        return UNKNOWN
    spent = duration(sum(t.seconds for t in done if t.result.iterations_run))
    return spent if timed >= all_of_them else f"{spent} for {count(timed)} of them; the rest was not timed"
