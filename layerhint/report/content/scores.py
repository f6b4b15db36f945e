"""From test outputs to figures: P_c, the test accuracy, or P_e = 100 - P_c, in %."""

import math
from collections.abc import Mapping

from layerhint.records.training import TrainingResult


def score(outputs: Mapping[str, float], error: bool) -> float | None:
    """P_c = 100 accuracy, or P_e = 100 - P_c, in %; None where there is no accuracy."""
    accuracy = outputs.get("accuracy")
    if accuracy is None:
        return None
    return 100 * (1 - accuracy) if error else 100 * accuracy


def last_score(result: TrainingResult, error: bool) -> float | None:
    """The figure of a training's final model."""
    return score(result.final or {}, error)


def best_score(result: TrainingResult, error: bool) -> float | None:
    """The best figure of all its tests; one that diverged is passed over where there is another."""
    last = last_score(result, error)
    tests = [score(point.outputs, error) for point in result.curves.test]
    known = [value for value in (*tests, last) if value is not None and math.isfinite(value)]
    return (min if error else max)(known) if known else last
