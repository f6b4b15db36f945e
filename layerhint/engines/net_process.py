"""A net that an engine's pycaffe runs in a child process, with a given number of threads."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from layerhint.caffe_command import THREADS
from layerhint.engines.engine import Engine
from layerhint.engines.pipe import Array, receive, send
from layerhint.errors import LayerhintError


class NetProcess:
    """A net of one input, in TEST, on the CPU. The process ends with the `with` block.

    The number of threads is fixed when a process starts, and a real Caffe and torchcaffe cannot share one: hence
    a child. Without weights the net has what its fillers draw.

    Raises:
        LayerhintError: at the first request, if the child cannot make the net; the message says why.
    """

    def __init__(self, engine: Engine, model: Path, weights: Path | None, threads: int) -> None:
        pycaffe = engine.pycaffe()
        files = [str(model), *([str(weights)] if weights else [])]
        self._engine = engine
        self._model = model
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the context
        self._process = subprocess.Popen(
            [pycaffe.python, "-m", "layerhint.engines.net_child", pycaffe.module, *files],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**pycaffe.environment, **dict.fromkeys(THREADS, str(threads))},
        )

    def __enter__(self) -> "NetProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.kill()
        self._process.communicate()
        self._errors.close()

    def forward(self, images: npt.NDArray[np.floating[Any]], blobs: Sequence[str]) -> list[Array]:
        """Runs the net on images (N, C, H, W); gives these blobs, float32."""
        return self._ask({"forward": list(blobs)}, images, len(blobs))

    def times(self, batch: int) -> list[float]:
        """Milliseconds of each of a number of forward passes of `batch` images."""
        (times,) = self._ask({"time": batch}, None, 1)
        return [float(time) for time in times]

    def _ask(self, request: dict[str, Any], images: Array | None, replies: int) -> list[Array]:
        requests, results = self._process.stdin, self._process.stdout
        assert requests is not None
        assert results is not None
        try:
            requests.write(json.dumps(request).encode() + b"\n")
            requests.flush()
            if images is not None:
                send(requests, images)
            return [receive(results) for _ in range(replies)]
        except (EOFError, BrokenPipeError):
            raise LayerhintError(f"{self._model}: {self._cause()}") from None

    def _cause(self) -> str:
        status = self._process.wait()
        self._errors.seek(0)
        return self._engine.explain(self._errors.read().decode(errors="replace").splitlines(), status)
