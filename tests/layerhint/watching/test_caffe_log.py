"""Reading `caffe train` logs. The lines have the form that BVLC Caffe 1.0 and torchcaffe print."""

import pytest
from made_records import train_point

from layerhint.records.curves import TestPoint
from layerhint.watching.caffe_log import LogReader, feed_all, read_test_log

STAMP = "I1123 09:18:05.827247 31165 solver.cpp:239] "
LOG = f"""libdc1394 error: Failed to initialize
{STAMP}Iteration 0 (0 iter/s, 1.2s/100 iters), loss = 2.5
{STAMP}    Train net output #0: kd/loss = 0.3 (* 5 = 1.5 loss)
{STAMP}    Train net output #1: loss = 1e+00 (* 1 = 1 loss)
{STAMP}Iteration 0, lr = 0.1
{STAMP}Iteration 100, Testing net (#0)
{STAMP}    Test net output #0: accuracy = 0.41
{STAMP}    Test net output #1: loss = 1.7 (* 1 = 1.7 loss)
{STAMP}Iteration 100 (9.5 iter/s, 10.5s/100 iters), loss = 1.25
{STAMP}Iteration 100, lr = 0.01
{STAMP}Snapshotting to binary proto file weights/x_iter_150.caffemodel
{STAMP}Snapshotting solver state to binary proto file weights/x_iter_150.solverstate
{STAMP}Iteration 200, loss = 1.125
{STAMP}Iteration 200, Testing net (#0)
"""


def test_points_and_snapshots() -> None:
    reader = LogReader()
    feed_all(reader, LOG.splitlines(keepends=True))
    train = reader.train_points()
    assert [(p.iteration, p.loss, p.lr) for p in train] == [(0, 2.5, 0.1), (100, 1.25, 0.01), (200, 1.125, None)]
    assert train[0].outputs == {"kd/loss": 0.3, "loss": 1.0}
    assert [(p.iteration, p.outputs) for p in reader.finished_tests()] == [(100, {"accuracy": 0.41, "loss": 1.7})]
    assert reader.snapshots == ["weights/x_iter_150.solverstate"]


def test_a_resumed_run_replaces_what_it_repeats() -> None:
    reader = LogReader()
    feed_all(reader, LOG.splitlines())
    feed_all(reader, [f"{STAMP}Iteration 100 (1 iter/s, 1s/100 iters), loss = 7.5"])
    assert [(p.iteration, p.loss) for p in reader.train_points()] == [(0, 2.5), (100, 7.5), (200, 1.125)]


def test_a_run_that_goes_on_from_a_snapshot_shows_again_what_came_after_it() -> None:
    reader = LogReader()
    for iteration in (0, 100, 200, 300):
        reader.train[iteration] = train_point(iteration, 1.0)
        reader.test[iteration] = TestPoint(iteration=iteration, outputs={"accuracy": 0.5})
    reader.forget_from(200)
    assert (list(reader.train), list(reader.test)) == ([0, 100], [0, 100])


def test_means_of_caffe_test() -> None:
    lines = [
        f"{STAMP}Batch 0, accuracy = 0.5",
        f"{STAMP}Batch 1, accuracy = 0.7",
        f"{STAMP}Loss: 1.5",
        f"{STAMP}accuracy = 0.6",
        f"{STAMP}loss = 1.5 (* 1 = 1.5 loss)",
    ]
    assert read_test_log(lines) == {"accuracy": 0.6, "loss": 1.5}


def test_newer_glog_writes_the_year_too() -> None:
    reader = LogReader()
    feed_all(reader, ["I20261123 09:18:05.827247 31165 solver.cpp:239] Iteration 7, loss = 0.5"])
    assert [(p.iteration, p.loss) for p in reader.train_points()] == [(7, 0.5)]


@pytest.mark.parametrize("end", ["loss = 1.23457e+", "loss = na", "lr = 1e-", "loss = ", "loss = -"])
def test_a_line_that_a_full_disk_cut_off_inside_a_number_tells_nothing(end: str) -> None:
    reader = LogReader()
    feed_all(reader, LOG.splitlines())
    assert not reader.feed(f"{STAMP}Iteration 300, {end}")
    assert not reader.feed(f"{STAMP}    Train net output #1: {end} (* 1 = 1 loss)")
    assert read_test_log([f"{STAMP}{end}"]) == {}
    assert max(reader.train) == 200


@pytest.mark.parametrize(("said", "number"), [("nan", "nan"), ("-nan", "nan"), ("inf", "inf"), ("1.5e-07", "1.5e-07")])
def test_numbers_as_both_engines_write_them(said: str, number: str) -> None:
    reader = LogReader()
    reader.feed(f"{STAMP}Iteration 300, loss = {said}")
    assert str(reader.train[300].loss) == number
