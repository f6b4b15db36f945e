"""Data: batches of labelled images from an LMDB."""

from typing import Any

import torch

from torchcaffe.data.db import DatumReader, is_lmdb
from torchcaffe.data.transformer import DataTransformer
from torchcaffe.glog import logger
from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.proto.caffe_pb2 import DataParameter


class DataLayer(Layer):
    """The next `batch_size` images of an LMDB, transformed by `transform_param`, and their labels.

    Tops: images (N, C, H, W) and, if a second is named, labels (N). The database is read in the order of its
    keys, for ever. `rand_skip` does nothing, as in Caffe 1.0.

    Raises:
        DataError: a database that cannot be read, or images that do not suit the transformation.

    Source: Caffe 1.0, `src/caffe/layers/data_layer.cpp`, `src/caffe/layers/base_data_layer.cpp`.
    """

    exact_bottoms = 0
    min_tops = 1
    max_tops = 2

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.data_param
        where = f"layer '{self.name}' ({self.param.type})"
        self._check()
        self.batch_size = param.batch_size
        self.reader = DatumReader(param.source, where, self._color())
        self.transformer = DataTransformer(self.param.transform_param, self.param.phase, where)
        self._draw_seeds()
        first = self.reader.peek().image
        tops[0].reshape(self.batch_size, *self.transformer.output_shape(*first.shape))
        for top in tops[1:]:
            top.reshape(self.batch_size)
        logger.info("output data size: %s", ",".join(map(str, tops[0].shape)))

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        """Does nothing: `forward` shapes the tops by the data that it reads."""

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        batch = self.reader.read(self.batch_size)
        images = torch.from_numpy(self.transformer.transform(batch.images))
        tops[0].reshape(*images.shape)
        tops[0].data = images.to(self.place.device, self.place.dtype)
        for top in tops[1:]:
            top.data = torch.from_numpy(batch.labels).to(self.place.device, self.place.dtype)

    def get_state(self) -> dict[str, Any]:
        return {"cursor": self.reader.state, "transformer": self.transformer.state}

    def set_state(self, state: dict[str, Any]) -> None:
        self.reader.state = state["cursor"]
        self.transformer.state = state["transformer"]

    def _check(self) -> None:
        param = self.param.data_param
        if param.backend != DataParameter.LMDB:
            reason = "its backend is LEVELDB" + ("" if param.HasField("backend") else ", as none is given")
            if is_lmdb(param.source):
                self.fail(f"{reason}, but '{param.source}' is an LMDB: set `backend: LMDB`")
            self.fail(f"{reason}, but only LMDB is read: write the data as LMDB and set `backend: LMDB`")
        if not param.batch_size:
            self.fail("its data_param needs a batch_size of at least 1")
        if param.rand_skip:
            logger.warning("layer '%s': rand_skip does nothing in a Data layer, as in Caffe 1.0", self.name)

    def _color(self) -> bool | None:
        param = self.param.transform_param
        if param.force_color and param.force_gray:
            self.fail("it has force_color and force_gray: give one of them")
        return True if param.force_color else False if param.force_gray else None

    def _draw_seeds(self) -> None:
        """Draws what Caffe draws from the global generator: two transformer seeds, and one for its thread."""
        draw = self.place.rng.next_u32
        self.transformer.init_rand(draw)
        self.transformer.init_rand(draw)
        draw()
