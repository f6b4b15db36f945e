"""Runs of the driver in copies of the repository, plain and on Ray clusters of several nodes on this machine."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from layerhint.paths import ROOT

EXPERIMENT = """\
title: small
dataset: cifar10
teacher: {depth: 14}
student: {depth: 8}
methods: [kd]
nets: 2
"""
TRAININGS = (
    "cifar10/resnet14/plain/plain",
    "cifar10/resnet8/plain/plain",
    "cifar10/resnet14-resnet8/kd/net1",
    "cifar10/resnet14-resnet8/kd/net2",
)
DRIVER = ("own/small.yaml", "--profile", "smoke", "--out", "runs/run", "--threads", "1")
FREQUENT = ("--scale", "8", "--set", "intervals.snapshot=5")  # Long enough to be killed on the way.
PATIENCE = 400.0
UNTIMED = ("seconds", "finished", "iterations_per_second", "iterations_run", "resumed_from", "lockstep")


class Copy:
    """A copy of what the driver needs of the repository, with temporary files of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "repository"
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        for name in ("layerhint", "torchcaffe", "tools", "templates", "experiments", "data/sample"):
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        (self.folder / "own").mkdir()
        (self.folder / "own" / "small.yaml").write_text(EXPERIMENT)
        self.run = self.folder / "runs" / "run"

    @property
    def environment(self) -> dict[str, str]:
        """Ray's own files lie under /tmp, since the paths of its sockets have to be short."""
        own = {"PYTHONPATH": str(self.folder), "TMPDIR": str(self.temporary), "RAY_TMPDIR": "/tmp"}
        return {**os.environ, **own, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "5a" * 32}

    def drive(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts the driver."""
        return subprocess.Popen(
            [sys.executable, "tools/run_pipeline.py", *DRIVER, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def weights(self) -> dict[str, str]:
        """SHA-256 of every caffemodel and solverstate."""
        folder = self.run / "weights"
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def record(self, training: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.run / "records" / f"{training}.json").read_text())
        return content

    def lasting(self, training: str) -> dict[str, Any]:
        """A record without what may differ from run to run."""
        return {key: value for key, value in self.record(training).items() if key not in UNTIMED}

    def attempts(self) -> list[int]:
        """The processes that do a step now, on any node of this copy."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                    if "layerhint.cluster.attempt" in command and any(str(self.temporary) in part for part in command):
                        found.append(int(entry.name))
        return found


def finish(driver: subprocess.Popen[str]) -> str:
    """Waits for a driver that has to succeed; gives what it said."""
    said, _ = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 0, said
    return said


def wait_until(condition: Callable[[], Any], driver: subprocess.Popen[str]) -> Any:
    """Waits until a condition is true, while the driver runs; gives what it gave."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        if driver.poll() is not None:
            raise AssertionError(f"the driver ended before its time: {driver.communicate()[0]}")
        time.sleep(0.1)
    raise AssertionError("waited in vain")


def snapshots(copy: Copy, training: str) -> list[str]:
    """The solverstates of a training that have arrived where the driver is."""
    path = copy.run / "weights" / training
    return sorted(found.name for found in path.parent.glob(f"{path.name}_iter_*.solverstate"))


def scratch_of(attempt: int) -> Path:
    """The folder of an attempt: the argument after its module's name."""
    command = Path(f"/proc/{attempt}/cmdline").read_bytes().decode().split("\0")
    return Path(command[command.index("layerhint.cluster.attempt") + 1])


def parent(process: int) -> int:
    """The process that started another one."""
    return int(re.search(r"^PPid:\t(\d+)$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)[1])


class Node:
    """A Ray node: `ray start --block` in a process group of its own, with a folder for temporary files of its own.

    With `apart`, the driver's runs are hidden from it, as on a machine with a file system of its own.
    """

    def __init__(self, copy: Copy, name: str, *arguments: str, apart: bool = False) -> None:
        temporary = copy.temporary / name
        temporary.mkdir(exist_ok=True)
        (copy.folder / "runs").mkdir(exist_ok=True)
        ray = [str(Path(sys.executable).with_name("ray")), "start", "--block", "--disable-usage-stats", *arguments]
        if apart:
            hide = f"mount -t tmpfs none '{copy.folder}/runs' && exec \"$@\""
            ray = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", hide, "sh", *ray]
        self.said = copy.temporary / f"{name}.said"
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                ray,
                cwd=copy.folder,
                env={**copy.environment, "TMPDIR": str(temporary)},
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def is_up(self) -> bool:
        """Waits until Ray says that it runs; False if it gave up, as it does where the machine is very busy."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            if "Ray runtime started" in self.said.read_text():
                return True
            time.sleep(0.2)
        return False

    def kill(self) -> None:
        """As if its plug were pulled: everything that it started goes at once."""
        group = [
            entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and _session(entry) == self.process.pid
        ]
        for entry in group:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(entry.name), signal.SIGKILL)
        self.process.wait()


def _session(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[3])
    except (OSError, IndexError, ValueError):
        return 0


@contextlib.contextmanager
def cluster(copy: Copy, count: int) -> Iterator[tuple[str, list[Node]]]:
    """A head without cores, and so many nodes with one core and their own file system; gives the address and them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    local = ("--node-ip-address=127.0.0.1", "--include-dashboard=false")
    nodes: list[Node] = []

    def start(name: str, *arguments: str, apart: bool = False) -> None:
        for _ in range(3):
            nodes.append(Node(copy, name, *arguments, apart=apart))
            if nodes[-1].is_up():
                return
            nodes.pop().kill()
        raise AssertionError(f"Ray does not start: {(copy.temporary / f'{name}.said').read_text()}")

    try:
        start("head", "--head", f"--port={port}", "--num-cpus=0", *local)
        for number in range(count):
            start(f"node{number}", f"--address={address}", "--num-cpus=1", local[0], apart=True)
        yield address, nodes[1:]
    finally:
        for node in reversed(nodes):
            node.kill()
