"""Finds settings of `--set` that change nothing that the run does or shows."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment, load_experiment, settings_of
from layerhint.trainings.expand import expand
from layerhint.trainings.methods.own_teacher import teacher_tests

_COMPARED_HINTS = {"concurrent", "proposed"}
"""The methods whose hint losses are drawn together."""


def idle_settings(experiments: Sequence[Experiment]) -> Iterator[str]:
    """A sentence for each setting that changes no training and no table; variants are left aside."""
    bases = [experiment for experiment in experiments if experiment.base is None]
    for name, value in bases[0].overrides.items() if bases else ():
        if not any(_counts(experiment, name) for experiment in bases):
            names = ", ".join(experiment.name for experiment in bases)
            yield (
                f"--set {settings_of({name: value})[0]} changes no training and no table of {names}: it is what holds "
                "anyway, or nothing that was asked for depends on it"
            )


def _counts(experiment: Experiment, name: str) -> bool:
    others = {key: value for key, value in experiment.overrides.items() if key != name}
    try:
        without = load_experiment(Path(experiment.file), others, profile=experiment.profile, scale=experiment.scale)
        return _made(experiment.asked_alike(without)) != _made(experiment)
    except LayerhintError:  # The experiment is not valid without the setting.
        return True


def _made(experiment: Experiment) -> tuple[Any, ...]:
    """What is trained, and the switches that the report depends on."""
    switches = experiment.switches
    return (
        expand(experiment),
        teacher_tests([experiment]),
        switches.accuracy_taken,
        switches.averaging if 2 in experiment.stages else None,
        switches.normalisation if _COMPARED_HINTS.issubset(experiment.methods) else None,
    )
