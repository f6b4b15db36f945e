"""MemoryData: batches from arrays that the program hands over."""

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from torchcaffe.data.transformer import DataTransformer
from torchcaffe.glog import logger
from torchcaffe.layer_types.layer import Blobs, Layer

Array = npt.NDArray[np.floating[Any]]


class MemoryDataLayer(Layer):
    """The next `batch_size` items of the arrays last given to `set_arrays`, over and over.

    Tops: data (N, C, H, W), of the sizes in `memory_data_param`, and labels: (N) at first, (N, 1, 1, 1) from the
    first batch on. Nothing is transformed; yet a `transform_param` that mirrors or crops takes a number from the global
    generator, for a transformer, as in Caffe.
    Source: Caffe 1.0, `src/caffe/layers/memory_data_layer.cpp`.
    """

    exact_bottoms = 0
    exact_tops = 2

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        where = f"layer '{self.name}' ({self.param.type})"
        DataTransformer(self.param.transform_param, self.param.phase, where).init_rand(self.place.rng.next_u32)
        param = self.param.memory_data_param
        self.batch_size = param.batch_size
        self.item_shape = (param.channels, param.height, param.width)
        if not self.batch_size * prod(self.item_shape):
            self.fail("its memory_data_param needs batch_size, channels, height and width of at least 1")
        self._data: Array | None = None
        self._position = 0
        tops[0].reshape(self.batch_size, *self.item_shape)
        tops[1].reshape(self.batch_size)

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        """Does nothing: the parameters gave the tops their shapes."""

    def set_arrays(self, data: Array, labels: Array) -> None:
        """Sets the arrays to read: data (M, C, H, W) and M labels, M a multiple of the batch size.

        As in Caffe they are read at every forward, so that later writes to them take effect.

        Raises:
            NetError: arrays of other shapes.
        """
        if data.shape[1:] != self.item_shape or not len(data) or len(data) % self.batch_size:
            self.fail(
                f"data of shape {data.shape}: expected items of {self.item_shape}, and of them a multiple of the "
                f"batch size, {self.batch_size}"
            )
        if labels.size != len(data):
            self.fail(f"labels of shape {labels.shape}: expected one for each of the {len(data)} items")
        if self.param.HasField("transform_param"):
            logger.warning("layer '%s': arrays from memory are not transformed, as in Caffe", self.name)
        self._data, self._labels = data, labels.reshape(-1, 1, 1, 1)
        self._position = 0

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        if self._data is None:
            self.fail("it has no data yet: give it arrays first, with set_input_arrays")
        tops[1].reshape(self.batch_size, 1, 1, 1)
        batch = slice(self._position, self._position + self.batch_size)
        tops[0].data, tops[1].data = self._tensor(self._data[batch]), self._tensor(self._labels[batch])
        self._position = batch.stop % len(self._data)

    def get_state(self) -> dict[str, Any]:
        return {"position": self._position}

    def set_state(self, state: dict[str, Any]) -> None:
        self._position = state["position"]

    def _tensor(self, values: Array) -> torch.Tensor:
        return torch.tensor(np.ascontiguousarray(values), device=self.place.device, dtype=self.place.dtype)
