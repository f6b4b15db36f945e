"""The scripts of this folder: that they see what is wrong, and a few kills and full disks for real."""

import json
import shutil
from collections import Counter
from pathlib import Path

import kills
import pytest
from campaign_compare import compare, interleaved, leftovers
from campaign_scene import StepRun, step_runs
from full_disk import campaign as full_disks
from full_disk import disk_sizes, file_limits
from kills import Tally, table_of

SAID = """2 steps, 0 of them up to date; to do:
  make data    data/cifar10  (not made yet)
[1/2] make data data/cifar10  (not made yet)
  done in 0 s
[2/2] copy weights cifar10/resnet8/kd/net1_init  (begun, but not done)
"""
LOCKSTEP = """[8/9] train in lockstep, the teacher's work done once:
  cifar10/resnet8/kd/net1  (begun, but not done)
  cifar10/resnet8/kd/net2  (not done yet)
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """What a run leaves, in small."""
    files = {
        "weights/a/net1_iter_30.caffemodel": "w",
        "weights/a/net1_iter_4.caffemodel": "on the way",
        "weights/a/net1_init.caffemodel": "i",
        "data/mean.binaryproto": "m",
        "records/a/net1.json": json.dumps({"kind": "train", "final": {"accuracy": 0.5}, "seconds": 3}),
        "records/report.json": json.dumps({"kind": "write report", "inputs": {"a": "1"}, "outputs": {}}),
        "logs/a/net1.log": "".join(f"I1127 01:44:25.1  {process} x.py:1] a\n" for process in (11, 11, 12)),
        "report/small.csv": "a,1\n",
        "lock": "",
    }
    for name, text in files.items():
        path = tmp_path / "run" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "run"


def test_steps_from_what_a_driver_said() -> None:
    assert step_runs(SAID) == [
        StepRun("make data", "data/cifar10", "not made yet", done=True),
        StepRun("copy weights", "cifar10/resnet8/kd/net1_init", "begun, but not done", done=False),
    ]


@pytest.mark.parametrize("done", [False, True])
def test_trainings_in_lockstep_begin_and_end_together(done: bool) -> None:
    more = "  cifar10/resnet8/kd/net1 goes on from net1_iter_4.solverstate\n" + "  done in 3 s\n" * done
    assert step_runs(SAID + LOCKSTEP + more)[2:] == [
        StepRun("train", "cifar10/resnet8/kd/net1", "begun, but not done", done=done),
        StepRun("train", "cifar10/resnet8/kd/net2", "not done yet", done=done),
    ]


def test_times_and_more_snapshots_do_not_count(run: Path) -> None:
    other = shutil.copytree(run, run.with_name("other"))
    (other / "weights/a/net1_iter_5.caffemodel").write_text("one more")
    (other / "records/a/net1.json").write_text(json.dumps({"kind": "train", "final": {"accuracy": 0.5}, "seconds": 4}))
    (other / "records/report.json").write_text(json.dumps({"kind": "write report", "inputs": {}, "outputs": {}}))
    found = compare(run, other)
    assert found.differences == []
    assert found.compared["final caffemodels"] == found.compared["snapshots on the way"] == 1
    assert found.compared["records"] == 2


@pytest.mark.parametrize(
    "name",
    [
        "weights/a/net1_iter_30.caffemodel",
        "weights/a/net1_iter_4.caffemodel",
        "weights/a/net1_init.caffemodel",
        "data/mean.binaryproto",
        "records/a/net1.json",
        "report/small.csv",
    ],
)
def test_a_difference_is_seen(run: Path, name: str) -> None:
    other = shutil.copytree(run, run.with_name("other"))
    (other / name).write_text('{"final": 0}')
    assert compare(run, other).differences == [f"{name} differs"]
    (other / name).unlink()
    expected = [] if name == "weights/a/net1_iter_4.caffemodel" else [f"{name} is missing"]
    assert compare(run, other).differences == expected


def test_two_writers_at_a_time_are_seen(run: Path) -> None:
    assert interleaved(run) == []
    log = run / "logs/a/net1.log"
    log.write_text(log.read_text() + "I1127 01:44:27.1  11 x.py:1] d\n")
    assert interleaved(run) == [str(log)]


def test_what_is_left_over_is_seen(run: Path) -> None:
    assert leftovers(run) == []
    left = [run / "weights/a/.net1_iter_4.caffemodel.12.0123abcd.tmp", run / "records/a/net1.started.json"]
    for path in left:
        path.write_text("x")
    assert sorted(leftovers(run)) == sorted(map(str, left))


def test_a_step_that_is_done_again_is_a_fault(run: Path) -> None:
    tally = Tally()
    kills.check(run, compare(run, run), [SAID, SAID], tally)
    assert tally.repeated == 1
    assert tally.again == Counter({"not made yet": 1, "begun, but not done": 1})
    assert tally.faults == ["data/cifar10 was done again (not made yet)"]
    assert "- data/cifar10 was done again" in table_of(tally, "2 --seed 1 --jobs 1")


def test_what_a_kill_may_aim_at() -> None:
    plan = SAID + "  copy weights cifar10/resnet8/kd/net1_init  (needs data/cifar10)\n"
    assert {*kills.aims(plan)} == {"render", "make data", "copy weights", None}
    assert "train: snapshot" in kills.aims("  train        cifar10/resnet8/kd/net1  (begun, but not done)\n")
    assert "write report" in kills.aims("all 6 steps are up to date")


def test_points_of_full_disks(run: Path) -> None:
    sizes = disk_sizes(run, 5)
    assert sizes == sorted(set(sizes))
    assert sizes[0] == 4096
    limits = file_limits(run, 3)
    assert limits[0] == 0
    assert limits[-1] == max(path.stat().st_size for path in run.rglob("*") if path.is_file()) - 1


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_few_kills(tmp_path: Path) -> None:
    tally = kills.campaign(tmp_path, 6, 3)
    assert tally.kills.total() == 6
    assert tally.faults == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_few_limits_of_file_sizes(tmp_path: Path) -> None:
    points = full_disks(tmp_path, 3, limited=True)
    assert len(points) == 3
    assert [fault for point in points for fault in point.faults] == []
