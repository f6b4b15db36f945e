"""Variants of experiments: under other interpretations of what the paper leaves open, and under other numbers."""

import re
from collections.abc import Iterator
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment
from layerhint.trainings.expand import expand
from layerhint.yaml_io import parse_yaml

OF_THE_REPORT = ("averaging", "accuracy_taken", "normalisation")
"""Switches that choose what the report takes from the records: no training differs by them."""

_OUTER_COMMA = re.compile(r",(?![^\[]*\])")
"""A comma that is not between brackets."""


def readings(experiment: Experiment) -> list[Experiment]:
    """A variant for every other value of every switch, one at a time, if it changes a training.

    A value that is impossible for the nets is left out, as when two guided layers would be the same in a small net.
    """
    base = expand(experiment)
    return [other for other in _others(experiment) if _why_impossible(other) is None and expand(other) != base]


def impossible_readings(experiment: Experiment) -> Iterator[str]:
    """For each value that is impossible for the nets, and so left out of `readings`, why."""
    return (why for other in _others(experiment) if (why := _why_impossible(other)) is not None)


def _others(experiment: Experiment) -> Iterator[Experiment]:
    """The experiment under every other value of every switch."""
    for switch, choices in experiment.protocol.switches.items():
        chosen = getattr(experiment.switches, switch)
        for choice in choices:
            if choice != chosen and switch not in OF_THE_REPORT:
                yield experiment.under(switch, choice)


def _why_impossible(variant: Experiment) -> str | None:
    try:
        expand(variant)
    except LayerhintError as error:
        return str(error)
    return None


def sweep(experiment: Experiment, text: str) -> list[Experiment]:
    """`lambda=3,4,5`: a variant for each value but the experiment's own.

    A value may be a [list]. Raises LayerhintError if the text names no number or switch, or an impossible value.
    """
    key, equals, values = text.partition("=")
    key = key.strip()
    if not equals or not key or not values.strip(" ,"):
        raise LayerhintError(f"--sweep {text!r}: expected name=value,value,..., such as lambda=3,4,5")
    given = [_value(value, text) for value in _OUTER_COMMA.split(values) if value.strip()]
    base = expand(experiment)
    try:
        variants = [experiment.under(key, value) for value in dict.fromkeys(given)]
    except LayerhintError as error:
        raise LayerhintError(f"--sweep {text}: {error}") from None
    return [variant for variant in variants if expand(variant) != base]


def _value(value: str, text: str) -> Any:
    """A scalar, or a list of scalars as a tuple."""
    parsed = parse_yaml(value, f"--sweep {text}")
    items = parsed if isinstance(parsed, list) else [parsed]
    if any(isinstance(item, list | dict) for item in items):
        raise LayerhintError(f"--sweep {text}: {value.strip()} is neither a number, a word nor a [list] of these")
    return tuple(parsed) if isinstance(parsed, list) else parsed
