"""A training's losses and tests, taken from its log, as a record keeps them."""

from layerhint.records.recorded import Recorded


class TrainPoint(Recorded):
    """What the solver displayed at an iteration: the smoothed loss, each output, the rate."""

    iteration: int
    loss: float
    outputs: dict[str, float]
    lr: float | None


class TestPoint(Recorded):
    """The test net's outputs, averaged over a test, at an iteration."""

    __test__ = False  # Not a test case, whatever pytest takes its name for.

    iteration: int
    outputs: dict[str, float]


class Curves(Recorded):
    """The displayed points and the tests, each by ascending iteration."""

    train: tuple[TrainPoint, ...]
    test: tuple[TestPoint, ...]
