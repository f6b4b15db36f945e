"""Connects to a Ray cluster, and disconnects from it."""

import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from layerhint.cluster.needs import Machine, Needs
from layerhint.cluster.worker import Worker
from layerhint.errors import LayerhintError
from layerhint.machine import cores
from layerhint.records import fingerprint

LOCAL = "local"
PIECE = 32 << 20
"""The size in bytes of the pieces in which a data set's files are sent."""


class Cluster:
    """A cluster that this driver is connected to."""

    def __init__(self, ray: ModuleType) -> None:
        self.ray = ray
        self._data: dict[str, list[tuple[str, str, list[Any]]]] = {}

    def machines(self) -> list[Machine]:
        """The resources of each machine that is alive now."""
        return [node["Resources"] for node in self.ray.nodes() if node["Alive"]]

    def start_worker(self, needs: Needs) -> Any:
        """Requests a worker; returns the actor, which Ray starts as soon as a machine has room, and never restarts."""
        actor = self.ray.remote(Worker)
        return actor.options(num_cpus=needs.cores, num_gpus=needs.gpus, max_restarts=0, max_task_retries=0).remote()

    def offer(self, content: str, folder: Path) -> list[tuple[str, str, list[Any]]]:
        """Puts a data set's files into Ray's store, once; returns names, SHA-256 and references to pieces."""
        if content not in self._data:
            paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".tmp"]
            self._data[content] = [
                (path.relative_to(folder).as_posix(), fingerprint.of_file(path), self._pieces(path)) for path in paths
            ]
        return self._data[content]

    def _pieces(self, path: Path) -> list[Any]:
        with path.open("rb") as file:
            return [self.ray.put(piece) for piece in iter(lambda: file.read(PIECE), b"")]


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """Joins a running cluster (`auto`, `HOST:PORT`), or starts one here (`local`), which ends with the block.

    Raises LayerhintError if Ray is not installed, or nothing answers at the address.
    """
    ray = _import_ray()
    quiet = {"log_to_driver": False, "configure_logging": False, "logging_level": "ERROR"}
    own = {"num_cpus": cores(), "include_dashboard": False} if address == LOCAL else {}
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(address=address, **quiet, **own)
    except (OSError, ValueError, RuntimeError) as error:
        raise LayerhintError(_refused(address, error)) from None
    finally:
        signal.signal(signal.SIGTERM, handler)  # Ray's own handler would end the driver at once.
    try:
        yield Cluster(ray)
    finally:
        ray.shutdown()


def _refused(address: str, error: Exception) -> str:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if address == LOCAL:
        return f"--ray local: Ray cannot start on this machine: {reason}"
    return (
        f"--ray {address}: no cluster answers there ({reason}). Start one with `ray start --head` and give the address "
        "that it shows; if it asks for a token, export RAY_AUTH_MODE=token (docs/cluster.md)"
    )


def _import_ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray sends no usage statistics.
    os.environ.setdefault(
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0"
    )  # Silences a warning; --device cpu hides GPUs itself.
    try:
        import ray
    except ImportError:
        raise LayerhintError("--ray needs the package ray: install it with `pip install -e '.[cluster]'`") from None
    return ray
