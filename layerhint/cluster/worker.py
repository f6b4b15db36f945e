"""The Ray actor that runs one step on a machine of the cluster."""

import json
import os
import pickle
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from layerhint.cluster.attempt import VERDICT
from layerhint.cluster.code import code_fingerprint
from layerhint.cluster.file_transfer import FolderWatcher, unpack
from layerhint.cluster.order import Greeting, News, Order, Parcel, Verdict
from layerhint.cluster.scratch import OWN, find_data, keep_data, new_scratch
from layerhint.errors import LayerhintError
from layerhint.process_end import how_it_ended
from layerhint.rendering.render import write

OUTPUT = "output"
"""The file in the attempt's subfolder `OWN` with what the attempt printed."""


class Worker:
    """Runs one attempt, where Ray finds room for it. Its methods return at once: the driver asks for news."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._lock: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: FolderWatcher | None = None
        self._output_read = 0

    def greet(self, content: str, seen_by_driver: str) -> Greeting:
        """Describes this machine, and says whether it has the data set already."""
        seen = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        has_data = find_data(content, Path(seen_by_driver)) is not None
        return Greeting(platform.node(), f"GPU {seen}" if seen else "CPU", code_fingerprint(), has_data)

    def take_data(self, content: str, files: Sequence[tuple[str, str, Sequence[Any]]]) -> None:
        """Fetches a data set, given each file's name, SHA-256 and Ray's references to its pieces in order."""
        import ray

        def fetched(pieces: Sequence[Any]) -> Iterator[bytes]:
            return (ray.get(piece) for piece in pieces)

        keep_data(content, ((name, sha256, fetched(pieces)) for name, sha256, pieces in files))

    def begin(self, order: Order, parcels: Sequence[Parcel], seen_by_driver: str) -> None:
        """Writes the order and its files to a new folder, starts the attempt. Raises LayerhintError if that fails."""
        data = find_data(order.content, Path(seen_by_driver))
        if data is None:
            raise LayerhintError(f"the data set is gone from {platform.node()} again: is its TMPDIR being cleaned?")
        try:
            self._folder, self._lock = new_scratch()
            unpack(self._folder, parcels)
            write(order.context.texts, self._folder)
            link = self._folder / order.data
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(data)
            own = self._folder / OWN
            (own / "order.pickle").write_bytes(pickle.dumps(order))
        except OSError as error:
            raise LayerhintError(
                f"{platform.node()} cannot lay out a step: {error}. TMPDIR names another place"
            ) from None
        self._watcher = FolderWatcher(self._folder, hidden={OWN})
        with (own / OUTPUT).open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "layerhint.cluster.attempt", str(self._folder), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(self._lock.fileno(),),
            )

    def news(self) -> News:
        """The attempt's state, and what is new since the last call."""
        assert self._process is not None
        assert self._watcher is not None
        status = self._process.poll()
        verdict, cause = self._verdict(status)
        parcels, gone = self._watcher.look(last=status is not None)
        return News(verdict, cause, parcels, gone, self._new_output())

    def stop(self) -> None:
        """Asks the attempt to stop with a snapshot."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def close(self) -> None:
        """Removes the attempt's folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _verdict(self, status: int | None) -> tuple[Verdict, str]:
        assert self._folder is not None
        if status is None:
            return "running", ""
        try:
            verdict, cause = json.loads((self._folder / OWN / VERDICT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return "died", how_it_ended(status, (self._folder / OWN / OUTPUT).read_text(errors="replace").splitlines())
        return verdict, cause

    def _new_output(self) -> str:
        assert self._folder is not None
        with (self._folder / OWN / OUTPUT).open("rb") as output:
            output.seek(self._output_read)
            new = output.read()
        self._output_read += len(new)
        return new.decode(errors="replace")
