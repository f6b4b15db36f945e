"""When a training has gone wrong for good: a loss that is no number, or one that never leaves chance."""

import math
from collections.abc import Sequence

from layerhint.errors import LayerhintError
from layerhint.records.curves import TrainPoint
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader

LABEL_LOSS = "loss"
"""The top of the true-label term, a SoftmaxWithLoss, in every net that learns from labels."""

PATIENCE = 2000
"""Iterations after which the nets of the paper, ten times over, have left chance; or a tenth of a longer training."""

AT_CHANCE = 0.98
"""The share of chance's loss, ln(classes), that the mean of half a training has to get below."""

SETTLED = 1e-3
"""A loss that varies by less than this from batch to batch does not depend on the images."""

CEILING = -math.log(1.1754943508222875e-38)
"""Caffe's SoftmaxWithLoss takes no probability for less than FLT_MIN: 87.34 is as bad as it gets."""


class DivergedError(LayerhintError):
    """A training is not worth going on with; `cause` says why, in one line. Steps that do not need it can go on."""

    def __init__(self, step_id: str, cause: str) -> None:
        super().__init__(f"{step_id}: {cause}")
        self.step_id = step_id
        self.cause = cause

    def __reduce__(self) -> tuple[type["DivergedError"], tuple[str, str]]:
        return DivergedError, (self.step_id, self.cause)


def why_diverged(training: Training, reader: LogReader) -> str | None:
    """The likely cause if a training's log so far shows that it has diverged, else None."""
    return _no_number(training, reader) or _stuck(training, reader)


def _no_number(training: Training, reader: LogReader) -> str | None:
    bad = next((i for i, point in reader.train.items() if not _is_finite(point)), None)
    if bad is None:
        return None
    value = _bad_value(reader.train[bad])
    sound = [reader.train[i] for i in sorted(reader.train) if i < bad and _is_finite(reader.train[i])]
    if not sound:
        return (
            f"{value} from the first iteration on. It cannot be the rate: look at what it starts from (damaged initial "
            "weights, a BatchNorm without statistics) and at the images (the mean file, the scale)"
        )
    last = sound[-1]
    grown = last.loss > 2 * min(point.loss for point in sound)
    how = f"it had grown to {last.loss:.4g}" if grown else f"{last.loss:.4g}"
    return (
        f"{value} at iteration {bad}, after {how} at iteration {last.iteration}. Most likely the rate is too high for "
        f"this net: {_rate(training, last)}. Lower it{_setting(training)}"
    )


def _is_finite(point: TrainPoint) -> bool:
    return all(map(math.isfinite, (point.loss, *point.outputs.values())))


def _bad_value(point: TrainPoint) -> str:
    if not math.isfinite(point.loss):
        return f"the training loss is {point.loss}"
    name, value = next((n, v) for n, v in point.outputs.items() if not math.isfinite(v))
    return f"the training loss '{name}' is {value}"


def _stuck(training: Training, reader: LogReader) -> str | None:
    """The cause, if after `PATIENCE` the mean label loss over the second half of the log is no better than chance."""
    reached = max(reader.train, default=0)
    if reached < max(PATIENCE, training.schedule.max_iter // 10):
        return None
    recent = [p for i, p in reader.train.items() if i > reached / 2 and LABEL_LOSS in p.outputs]
    losses = [point.outputs[LABEL_LOSS] for point in recent]
    classes = training.train.net.classes
    chance = math.log(classes)
    if len(losses) < 5 or sum(losses) / len(losses) < AT_CHANCE * chance:
        return None
    mean = sum(losses) / len(losses)
    return (
        f"the training loss '{LABEL_LOSS}' is {mean:.4g} after {reached} iterations, and guessing among {classes} "
        f"classes gives ln({classes}) = {chance:.4g}: nothing is learnt. "
        f"{_why_stuck(training, recent[-1], losses, chance)}"
    )


def _why_stuck(training: Training, last: TrainPoint, losses: Sequence[float], chance: float) -> str:
    lower = f"{_rate(training, last)}. Lower it{_setting(training)}"
    if max(losses) > 0.5 * CEILING:
        return f"The net is sure and wrong: its weights have blown up. Most likely the rate is too high: {lower}"
    if max(losses) - min(losses) < SETTLED * chance:
        return (
            "It answers the same to every image: its ReLUs are dead, most likely by a rate that was too high at the "
            f"beginning: {lower}"
        )
    return (
        "Most likely the labels do not belong to the images (look at the LMDB), or the rate is too low to move "
        f"anything: {_rate(training, last)}"
    )


def _rate(training: Training, point: TrainPoint) -> str:
    now = f", {point.lr:g} then" if point.lr is not None and point.lr != training.schedule.base_lr else ""
    return f"base_lr {training.schedule.base_lr:g}{now}"


def _setting(training: Training) -> str:
    return "" if training.stage == 1 else f", as with --set plain.base_lr={training.schedule.base_lr / 10:g}"
