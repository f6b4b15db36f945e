"""Settings of `--set` that change nothing that the run does or shows."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment, load_experiment, settings_of
from layerhint.experiments.profiles import PAPER_PROFILE
from layerhint.trainings.expand import expand
from layerhint.trainings.methods.own_teacher import teacher_tests

_COMPARED_HINTS = {"concurrent", "proposed"}
"""The methods whose hint losses are drawn together."""


def idle_settings(experiments: Sequence[Experiment]) -> Iterator[str]:
    """A sentence for each setting by which no training and no table of the experiments differs, variants apart."""
    bases = [experiment for experiment in experiments if experiment.base is None]
    for name, value in bases[0].overrides.items() if bases else ():
        if not any(_counts(experiment, name) for experiment in bases):
            names = ", ".join(experiment.name for experiment in bases)
            yield (
                f"--set {settings_of({name: value})[0]} changes no training and no table of {names}: it is what holds "
                "anyway, or nothing that was asked for depends on it"
            )


def _counts(experiment: Experiment, name: str) -> bool:
    """Whether anything would differ without a setting; at full length, too, since a short run may hide it."""
    lengths = {(experiment.profile, experiment.scale), (PAPER_PROFILE, 1.0)}
    return any(_differs(experiment, name, profile, scale) for profile, scale in lengths)


def _differs(experiment: Experiment, name: str, profile: str, scale: float) -> bool:
    without = {key: value for key, value in experiment.overrides.items() if key != name}
    try:
        return _made(experiment, experiment.overrides, profile, scale) != _made(experiment, without, profile, scale)
    except LayerhintError:  # One of the two is impossible.
        return True


def _made(experiment: Experiment, overrides: Mapping[str, Any], profile: str, scale: float) -> tuple[Any, ...]:
    loaded = load_experiment(Path(experiment.file), overrides, profile=profile, scale=scale)
    asked = experiment.asked_alike(loaded)
    return expand(asked), teacher_tests([asked]), _shown(asked)


def _shown(experiment: Experiment) -> tuple[str | None, ...]:
    """What the report goes by."""
    switches = experiment.switches
    return (
        switches.accuracy_taken,
        switches.averaging if 2 in experiment.stages else None,
        switches.normalisation if _COMPARED_HINTS.issubset(experiment.methods) else None,
    )
