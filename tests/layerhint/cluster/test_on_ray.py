"""Runs on Ray end as plain runs do, bit for bit, whatever dies on the way."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray_runs import EXPERIMENT, FREQUENT, TRAININGS, Copy, cluster, finish, parent, scratch_of, snapshots, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
TEACHER = TRAININGS[0]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A plain run, undisturbed."""
    copy = Copy(tmp_path_factory.mktemp("plain"))
    finish(copy.drive(*FREQUENT))
    return copy


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    made = Copy(tmp_path)
    yield made
    assert made.attempts() == []


def compare(copy: Copy, plain: Copy) -> None:
    assert copy.weights() == plain.weights()
    for training in TRAININGS:
        assert copy.lasting(training) == plain.lasting(training)
    assert not list((copy.run / "records").rglob("*.started.json"))


def test_two_workers_on_two_cores(copy: Copy, plain: Copy) -> None:
    said = finish(copy.drive("--ray", "local", *FREQUENT))
    assert "1 machine(s); each training takes 1 core" in said
    compare(copy, plain)
    for training in TRAININGS:
        assert copy.record(training)["threads"] == 1
    assert list(copy.temporary.glob("layerhint-*/scratch-*")) == []
    assert "all 7 steps are up to date" in finish(copy.drive(*FREQUENT))


def test_a_killed_worker_loses_nothing(copy: Copy, plain: Copy) -> None:
    driver = copy.drive("--ray", "local", *FREQUENT)
    wait_until(lambda: snapshots(copy, TEACHER), driver)
    for attempt in copy.attempts():
        os.kill(parent(attempt), signal.SIGKILL)
    said = finish(driver)
    assert f"LOST: {TEACHER} on " in said
    assert copy.record(TEACHER)["resumed_from"] is not None
    compare(copy, plain)


def test_a_stopped_run_goes_on_without_ray(copy: Copy, plain: Copy) -> None:
    driver = copy.drive("--ray", "local", *FREQUENT)
    wait_until(lambda: snapshots(copy, TEACHER), driver)
    driver.send_signal(signal.SIGINT)
    said, _ = driver.communicate(timeout=120)
    assert driver.returncode == 130, said
    finish(copy.drive(*FREQUENT))
    assert copy.record(TEACHER)["resumed_from"] is not None
    final = {path: digest for path, digest in copy.weights().items() if path in plain.weights()}
    assert final == plain.weights()


@pytest.mark.skipif(
    subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"], check=False).returncode != 0,
    reason="hiding files from a node needs a mount namespace",
)
def test_a_killed_node_loses_nothing_though_nodes_share_no_files(copy: Copy, plain: Copy) -> None:
    with cluster(copy, 2) as (address, nodes):
        driver = copy.drive("--ray", address, *FREQUENT)
        wait_until(lambda: snapshots(copy, TEACHER), driver)
        attempt = next(one for one in copy.attempts() if (scratch_of(one) / f"runs/run/logs/{TEACHER}.log").is_file())
        environment = Path(f"/proc/{attempt}/environ").read_bytes().decode().split("\0")
        where = next(value for value in environment if value.startswith("TMPDIR="))
        nodes[int(where[-1])].kill()
        said = finish(driver)
    assert "LOST: " in said
    assert "data/cifar10 goes to " in said
    assert copy.record(TEACHER)["resumed_from"] is not None
    compare(copy, plain)


def test_a_diverged_training_stops_alone(copy: Copy) -> None:
    """The rate 1e12 leaves no number of any net after an iteration or two; Stage 1 has a rate of its own."""
    (copy.folder / "own" / "small.yaml").write_text(EXPERIMENT.replace("[kd]", "[kd, hint-kd]").replace("2\n", "1\n"))
    driver = copy.drive("--ray", "local", "--set", "plain.base_lr=1.0e+12")
    said, _ = driver.communicate(timeout=400)
    assert driver.returncode == 1, said
    assert f"FAILED: {TEACHER}: the training loss is nan at iteration " in said
    assert "error: 2 steps failed, the rest is done. cifar10/resnet" in said.splitlines()[-1]
    assert f"{TEACHER}: the training loss is nan at iteration " in said.splitlines()[-1]
    assert "Left undone, since they need it: " in said.splitlines()[-1]
    shown = status(copy)
    assert "2 failed" in shown
    assert "Lower it, as with --set plain.base_lr=1e+11" in " ".join(shown.split())
    assert not copy.weights().keys() & {"cifar10/resnet14/plain/plain_iter_30.caffemodel"}
    assert (copy.run / "logs" / f"{TEACHER}.diverged.log").is_file()


def status(copy: Copy) -> str:
    """What another terminal is told."""
    done = subprocess.run(
        [sys.executable, "tools/run_pipeline.py", "status", "--out", "runs/run"],
        cwd=copy.folder,
        env=copy.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
