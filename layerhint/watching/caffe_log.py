"""What a `caffe train` log tells: training and test outputs, learning rates, snapshots.

Both engines write these lines; nothing else of a training run is read by the driver.
Source of the texts: Caffe 1.0, `src/caffe/solver.cpp`, `src/caffe/solvers/sgd_solver.cpp`.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from layerhint.caffe_command import MESSAGE
from layerhint.records.curves import Curves, TestPoint, TrainPoint

_NUMBER = r"([-+]?(?:\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|nan|inf))(?!\S)"  # Whole: a full disk may cut one short.
_ITERATION = re.compile(rf"^Iteration (\d+)(?: \([^)]*\))?, loss = {_NUMBER}")
_RATE = re.compile(rf"^Iteration (\d+), lr = {_NUMBER}")
_TESTING = re.compile(r"^Iteration (\d+), Testing net \(#(\d+)\)")
_OUTPUT = re.compile(rf"^ *(Train|Test) net output #\d+: (\S+) = {_NUMBER}")
_BEGINS = "Starting Optimization"
_CUT_SHORT = ("Optimization stopped early.", "Test interrupted.")
_DONE = "Optimization Done."
_SNAPSHOT = re.compile(r"^Snapshotting solver state to \S+(?: proto)? file (.+)$")


class LogReader:
    """Reads a log line by line, as it grows; `train` and `test` hold the points so far, by iteration.

    A run that was stopped and resumed repeats iterations: the later line replaces the earlier. `done` says whether the
    last run went to its end, its last test included.
    """

    def __init__(self) -> None:
        self.train: dict[int, TrainPoint] = {}
        self.test: dict[int, TestPoint] = {}
        self.snapshots: list[str] = []
        self.engine_line: str | None = None
        self._note: str | None = None
        self.done = False
        self._cut_short = False
        self._last_train: TrainPoint | None = None
        self._last_test: TestPoint | None = None

    def feed(self, line: str) -> bool:
        """Takes in one line; says whether it told anything new about the training."""
        found = MESSAGE.match(line)
        if found is None:
            return False
        message = found["message"]
        if message.startswith("torchcaffe "):
            self.engine_line = message
        elif message.startswith("Resumed with "):
            self._note = message
        self._note_end(message)
        return self._take(message)

    def _note_end(self, message: str) -> None:
        if message == _BEGINS:
            self.done = self._cut_short = False
        elif message in _CUT_SHORT:
            self._cut_short = True
        elif message == _DONE:
            self.done = not self._cut_short

    def _take(self, message: str) -> bool:
        if found := _ITERATION.match(message):
            self._last_train = TrainPoint(iteration=int(found[1]), loss=float(found[2]), outputs={}, lr=None)
            self.train[self._last_train.iteration] = self._last_train
        elif found := _RATE.match(message):
            point = self.train.get(int(found[1]))
            if point is not None:
                self.train[point.iteration] = point.model_copy(update={"lr": float(found[2])})
        elif found := _TESTING.match(message):
            self._last_test = TestPoint(iteration=int(found[1]), outputs={})
            self.test[self._last_test.iteration] = self._last_test
        elif found := _OUTPUT.match(message):
            last = self._last_train if found[1] == "Train" else self._last_test
            if last is not None:
                last.outputs[found[2]] = float(found[3])  # A point with its rate has the same outputs.
        elif found := _SNAPSHOT.match(message):
            self.snapshots.append(found[1])
        else:
            return False
        return True

    def forget_from(self, iteration: int) -> None:
        """Forgets the points from an iteration on, which a run that continues from there shows again."""
        self.train = {i: point for i, point in self.train.items() if i < iteration}
        self.test = {i: point for i, point in self.test.items() if i < iteration}

    def take_note(self) -> str | None:
        """The log's line about what a resume did not restore, or None; each line is returned once."""
        note, self._note = self._note, None
        return note

    def finished_tests(self) -> list[TestPoint]:
        """The tests that ran to their end, in order (one that was interrupted has no outputs)."""
        return [self.test[i] for i in sorted(self.test) if self.test[i].outputs]

    def reached(self, start: int) -> int:
        """The last iteration that it has shown, at least `start`, where the run began."""
        return max(start, max(self.train, default=0), max(self.test, default=0))

    def train_points(self) -> list[TrainPoint]:
        """The displayed points in order of iteration."""
        return [self.train[i] for i in sorted(self.train)]

    def curves(self) -> Curves:
        """The displayed points and the finished tests, for the training's record."""
        return Curves(train=tuple(self.train_points()), test=tuple(self.finished_tests()))


def read_log(path: Path) -> LogReader:
    """Reads a whole log file; one that is not there tells nothing."""
    reader = LogReader()
    if not path.is_file():
        return reader
    with path.open(encoding="utf-8", errors="replace") as lines:
        feed_all(reader, lines)
    return reader


def feed_all(reader: LogReader, lines: Iterable[str]) -> None:
    """Feeds every line to a reader."""
    for line in lines:
        reader.feed(line.rstrip("\n"))


def read_test_log(lines: Iterable[str]) -> dict[str, float]:
    """The mean outputs that `caffe test` prints at its end, by blob name."""
    scores: dict[str, float] = {}
    for line in lines:
        found = MESSAGE.match(line)
        if found and not found["message"].startswith("Batch ") and (score := _SCORE.match(found["message"])):
            scores[score[1]] = float(score[2])
    return scores


_SCORE = re.compile(rf"^(\S+) = {_NUMBER}(?: \(\* .*\))?$")
