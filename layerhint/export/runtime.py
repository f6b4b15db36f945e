"""ONNX files in onnxruntime."""

from collections.abc import Sequence

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]

from layerhint.export.graph import Array
from layerhint.timing import run_times

VERSION: str = ort.__version__


class OnnxNet:
    """An ONNX model on the CPU, with as many threads as it is given; its one input takes `dtype`."""

    def __init__(self, model: bytes, threads: int) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        (entry,) = self._session.get_inputs()
        self._input, self._shape = entry.name, entry.shape[1:]
        self.dtype = np.dtype(np.uint8 if entry.type == "tensor(uint8)" else np.float32)

    def forward(self, images: Array, outputs: Sequence[str]) -> list[Array]:
        """Runs the model on images (N, C, H, W); gives these outputs."""
        results: list[Array] = self._session.run(list(outputs), {self._input: images})
        return results

    def times(self, batch: int) -> list[float]:
        """Milliseconds of each of a number of runs on `batch` images."""
        pixels = np.random.default_rng(0).integers(256, size=(batch, *self._shape))
        images = {self._input: pixels.astype(self.dtype)}
        return run_times(lambda: self._session.run(None, images))
