"""When a training is given up, and what is said of the cause."""

import math
import pickle

import pytest
from made_records import train_point

from layerhint.experiments.experiment import load_experiment
from layerhint.steps.divergence import DivergedError, why_diverged
from layerhint.trainings.expand import expand
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader

TRAININGS = {training.id: training for training in expand(load_experiment("table1"))}
KD = TRAININGS["cifar10/resnet26-resnet14/kd/net1"]  # base_lr 0.1, ten classes, 64,000 iterations
HINT = TRAININGS["cifar10/resnet26-resnet14/proposed/g1"]
CHANCE = math.log(10)


def log(*points: tuple[int, float, dict[str, float]]) -> LogReader:
    reader = LogReader()
    for iteration, loss, outputs in points:
        reader.train[iteration] = train_point(iteration, loss, outputs, 0.1)
    return reader


def at(losses: dict[int, float]) -> LogReader:
    return log(*((i, loss, {"loss": loss}) for i, loss in losses.items()))


def cause(training: Training, reader: LogReader) -> str:
    found = why_diverged(training, reader)
    assert found is not None
    assert "\n" not in found
    return found


def test_a_training_that_learns_is_left_alone() -> None:
    assert why_diverged(KD, LogReader()) is None
    assert why_diverged(KD, at({i: 2.3 * 0.999 ** (i / 100) for i in range(0, 20000, 100)})) is None


def test_a_loss_that_is_no_number_after_a_good_beginning() -> None:
    said = cause(KD, log((0, 14.0, {"loss": 2.7}), (100, 90.0, {"loss": 9.0}), (200, math.nan, {"loss": math.nan})))
    assert "the training loss is nan at iteration 200, after it had grown to 90 at iteration 100" in said
    assert "base_lr 0.1" in said
    assert "--set plain.base_lr=0.01" in said


def test_a_single_output_that_is_no_number() -> None:
    assert "'kd/loss' is inf at iteration 100" in cause(
        KD, log((0, 14.0, {"kd/loss": 2.0}), (100, 13.0, {"kd/loss": math.inf}))
    )


def test_a_loss_that_never_was_a_number_is_not_the_rates_fault() -> None:
    said = cause(HINT, log((0, math.nan, {})))
    assert "from the first iteration on" in said
    assert "initial weights" in said
    assert "base_lr" not in said


def test_a_loss_at_chance_long_after_it_should_have_moved() -> None:
    # A tenth of 64,000 iterations is 6,400; before that there is patience.
    wobbling = {i: CHANCE + 0.05 * math.sin(i) for i in range(0, 12800, 100)}
    assert why_diverged(KD, at({i: v for i, v in wobbling.items() if i < 6400})) is None
    said = cause(KD, at(wobbling))
    assert "guessing among 10 classes gives ln(10) = 2.303" in said
    assert "the labels do not belong to the images" in said


def test_dead_relus_and_blown_up_weights_are_told_apart() -> None:
    assert "ReLUs are dead" in cause(KD, at(dict.fromkeys(range(0, 6500, 100), CHANCE)))
    # 87.34 times the nine wrong images of ten: Caffe's ceiling.
    assert "weights have blown up" in cause(KD, at(dict.fromkeys(range(0, 6500, 100), 78.6)))


def test_a_late_beginning_counts() -> None:
    late = {i: CHANCE if i < 4000 else 2.0 for i in range(0, 6500, 100)}
    assert why_diverged(KD, at(late)) is None


def test_stage_1_has_no_chance_level() -> None:
    assert why_diverged(HINT, log(*((i, 500.0, {"hint/loss": 500.0}) for i in range(0, 35000, 100)))) is None


def test_short_trainings_are_never_stuck() -> None:
    short = next(iter(expand(load_experiment("table1", profile="smoke"))))
    assert why_diverged(short, at(dict.fromkeys(range(30), CHANCE))) is None


def test_the_error_travels_whole() -> None:
    error = pickle.loads(pickle.dumps(DivergedError("a/b", "the loss is nan")))
    assert (error.step_id, error.cause, str(error)) == ("a/b", "the loss is nan", "a/b: the loss is nan")


@pytest.mark.parametrize("training", list(TRAININGS.values()), ids=list(TRAININGS))
def test_every_net_that_learns_from_labels_shows_its_loss_by_that_name(training: Training) -> None:
    from layerhint.paths import ROOT
    from layerhint.rendering.layout import Layout
    from torchcaffe.proto.text import read_net

    tops = {top for layer in read_net(ROOT / Layout().train_net(training)).layer for top in layer.top}
    assert ("loss" in tops) == (training.stage != 1)
