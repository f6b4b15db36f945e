"""DummyData: blobs of made-up numbers."""

from typing import TypeVar

from torchcaffe.blob import Shape
from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.proto import caffe_pb2

_T = TypeVar("_T")


class DummyDataLayer(Layer):
    """Tops filled by `data_filler` (constant 0): constants once, other numbers anew in every forward.

    One filler and one `shape` for all tops, or one a top each. Old files give `num`, `channels`, `height` and
    `width` instead of a shape. Source: Caffe 1.0, `src/caffe/layers/dummy_data_layer.cpp`.
    """

    exact_bottoms = 0
    min_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.dummy_data_param
        if len(param.data_filler) not in (0, 1, len(tops)):
            self.fail(f"{len(param.data_filler)} data_filler for {len(tops)} tops: give none, one or one a top")
        given = list(param.data_filler) or [caffe_pb2.FillerParameter()]
        self.fillers = given * len(tops) if len(given) == 1 else given
        for top, shape, filler in zip(tops, self._shapes(len(tops)), self.fillers, strict=True):
            top.reshape(*shape)
            if filler.type == "constant":
                top.data = self.draw(shape, filler).to(self.place.device)

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        """The tops keep the shapes that they were given."""

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        for top, filler in zip(tops, self.fillers, strict=True):
            if filler.type != "constant":
                top.data = self.draw(top.shape, filler).to(self.place.device)

    def _shapes(self, count: int) -> list[Shape]:
        param = self.param.dummy_data_param
        legacy = [list(param.num), list(param.channels), list(param.height), list(param.width)]
        if not any(legacy):
            return self._each([tuple(shape.dim) for shape in param.shape], count, "shape")
        if param.shape:
            self.fail("it has a shape and old dims (num, channels, height, width): give one of the two")
        dims = [
            self._each(dim, count, name)
            for dim, name in zip(legacy, ("num", "channels", "height", "width"), strict=True)
        ]
        return list(zip(*dims, strict=True))

    def _each(self, given: list[_T], count: int, name: str) -> list[_T]:
        if len(given) not in (1, count):
            self.fail(f"{len(given)} {name} for {count} tops: give one for all, or one a top")
        return given * count if len(given) == 1 else given
