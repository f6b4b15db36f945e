"""A net that classifies windows of images, as R-CNN does (Girshick et al. 2014)."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from torchcaffe.errors import CaffeError
from torchcaffe.io import load_image, resize_image
from torchcaffe.proto.caffe_pb2 import TEST
from torchcaffe.pycaffe.arrays import Array
from torchcaffe.pycaffe.image_input import image_input
from torchcaffe.pycaffe.net import Net

# Window: ymin, xmin, ymax, xmax, in pixels, the maxima excluded.
Window = Any


class Detector(Net):
    """A net in the TEST phase whose only input is an image (N, K, h, w) and whose first output are scores (N, C).

    Args:
        mean, input_scale, raw_scale, channel_swap: as the methods `set_...` of `io.Transformer` take them.
        context_pad: how many pixels at each border of the input show the window's surroundings, with the mean outside
            of the image. For square inputs only.

    Raises as `Net`. Source: Caffe 1.0, `python/caffe/detector.py`.
    """

    def __init__(
        self,
        model_file: str | Path,
        pretrained_file: str | Path,
        mean: Array | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
        context_pad: int | None = None,
    ) -> None:
        super().__init__(model_file, phase=TEST, weights=pretrained_file)
        self.transformer = image_input(self, mean, input_scale, raw_scale, channel_swap)
        self.configure_crop(context_pad)

    def detect_windows(self, images_windows: Iterable[tuple[str | Path, Iterable[Window]]]) -> list[dict[str, Any]]:
        """Classifies windows of image files: for each a dict of `filename`, `window` and `prediction` (C)."""
        detections, inputs = [], []
        for filename, windows in images_windows:
            image = load_image(filename)
            for window in windows:
                inputs.append(self.transformer.preprocess(self.inputs[0], self.crop(image, window)))
                detections.append({"window": window, "filename": filename})
        if not detections:
            return []
        scores = self.forward_all(**{self.inputs[0]: np.stack(inputs)})[self.outputs[0]]
        return [{**found, "prediction": score} for found, score in zip(detections, scores, strict=True)]

    def detect_selective_search(self, image_fnames: Iterable[str | Path]) -> list[dict[str, Any]]:
        """`detect_windows` on what selective search proposes.

        Raises CaffeError without the package selective_search_ijcv_with_python, which runs MATLAB.
        """
        try:
            selective_search = import_module("selective_search_ijcv_with_python")
        except ModuleNotFoundError:
            raise CaffeError(
                "there is no Python package selective_search_ijcv_with_python, which needs MATLAB: propose windows by "
                "other means and give them to detect_windows"
            ) from None
        files = [str(Path(name).absolute()) for name in image_fnames]
        return self.detect_windows(
            zip(files, selective_search.get_windows(files, cmd="selective_search_rcnn"), strict=True)
        )

    def crop(self, im: Array, window: Window) -> Array:
        """A window of an image (H, W, K), with its surroundings and in the input's size if there is a context_pad."""
        ymin, xmin, ymax, xmax = (int(edge) for edge in window)
        if not self.context_pad:
            return im[ymin:ymax, xmin:xmax]
        size = self.crop_dims[0]
        wider = size / (size - 2 * self.context_pad)
        rows = _Span(ymin, ymax, wider, im.shape[0], size)
        columns = _Span(xmin, xmax, wider, im.shape[1], size)
        part = resize_image(im[rows.inside, columns.inside], (rows.length, columns.length))
        crop = np.empty(self.crop_dims, np.float32)
        crop[...] = self.crop_mean
        crop[rows.place, columns.place] = part
        return crop

    def configure_crop(self, context_pad: int | None) -> None:
        """Sets how much context `crop` shows, and the value outside of the image: the mean, in the image's scale."""
        name = self.inputs[0]
        self.context_pad = context_pad
        channels, height, width = self.blobs[name].shape[1:]
        self.crop_dims = (height, width, channels)
        if context_pad and (height != width or 2 * context_pad >= height):
            raise CaffeError(
                f"context_pad is {context_pad} for inputs of {height} x {width}: they must be square, and larger than "
                "the context on both sides"
            )
        self.crop_mean = self._unprocessed_mean(name)

    def _unprocessed_mean(self, name: str) -> Array:
        """The input's mean with `preprocess` undone: (H, W, K), or broadcastable to it."""
        transformer = self.transformer
        if name not in transformer.mean:
            return np.zeros(1, np.float32)
        mean = transformer.mean[name]
        if name in transformer.channel_swap and len(mean) > 1:
            mean = mean[np.argsort(transformer.channel_swap[name])]
        return mean.transpose(1, 2, 0) / np.float32(transformer.raw_scale.get(name, 1))


class _Span:
    """One side of a window with its context: which pixels it covers, and where they go.

    Args:
        low, high: the window's edges.
        wider: how much longer it becomes with the context.
        available: the image's pixels on this side.
        size: the input's.
    """

    def __init__(self, low: int, high: int, wider: float, available: int, size: int) -> None:
        half = (high - low + 1) / 2
        begin, end = round(low + half - wider * half), round(low + half + wider * half)
        scale = size / (end - begin + 1)
        first, last = max(begin, 0), min(end, available)
        start = round(max(0, -begin) * scale)
        self.length = min(round((last - first + 1) * scale), size - start)
        self.inside = slice(first, last)
        self.place = slice(start, start + self.length)
