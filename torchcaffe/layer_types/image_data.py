"""ImageData: batches of image files and their labels."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from torchcaffe.boost import Rng
from torchcaffe.data.encoded import decode_image
from torchcaffe.data.shuffle import shuffle
from torchcaffe.data.transformer import DataTransformer
from torchcaffe.errors import DataError
from torchcaffe.files import read_bytes
from torchcaffe.glog import logger
from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.memory import check_memory

_MAX_BYTES = 2**30


class ImageDataLayer(Layer):
    """The next `batch_size` images that the text file `source` lists, transformed by `transform_param`.

    Each line of the list is a path, a space and a label; `root_folder` is prepended to the path as it is.
    Tops: images (N, C, H, W), blue first, or grey with `is_color: false`; labels (N). Images are resized to
    `new_height` x `new_width` if given; otherwise all images of a batch must be of one size. The list is read over
    and over, with `shuffle` in another order every time, which is Caffe's for the same `random_seed`. Pixels
    are Caffe's up to a level or two (other JPEG decoder, other rounding).

    Raises:
        DataError: a list or an image that cannot be read, or that does not suit the transformation.

    Source: Caffe 1.0, `src/caffe/layers/image_data_layer.cpp`.
    """

    exact_bottoms = 0
    exact_tops = 2

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.image_data_param
        self._where = f"layer '{self.name}' ({self.param.type})"
        if (param.new_height == 0) != (param.new_width == 0):
            self.fail(f"new_height is {param.new_height} and new_width {param.new_width}: give both or none")
        if not param.batch_size:
            self.fail("its image_data_param needs a batch_size of at least 1")
        self._lines = self._listed()
        self._order = list(range(len(self._lines)))
        self._next = 0
        self.transformer = DataTransformer(self.param.transform_param, self.param.phase, self._where)
        self._draw_seeds()
        first = self._image(self._lines[self._order[self._next]][0])
        tops[0].reshape(param.batch_size, *self.transformer.output_shape(*first.shape))
        tops[1].reshape(param.batch_size)
        logger.info("output data size: %s", ",".join(map(str, tops[0].shape)))

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        """Does nothing: `forward` shapes the tops by the images that it reads."""

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        images: list[npt.NDArray[np.float32]] = []
        labels = []
        for _ in range(self.param.image_data_param.batch_size):
            path, label = self._lines[self._order[self._next]]
            image = self.transformer.transform(self._image(path)[np.newaxis])
            if images and image.shape != images[0].shape:
                raise DataError(
                    f"{self._where}: {path} is of size {image.shape[1:]} and the batch of {images[0].shape[1:]}: "
                    "give new_height and new_width, or a crop_size, or a batch_size of 1"
                )
            images.append(image)
            labels.append(label)
            self._advance()
        data = torch.from_numpy(np.concatenate(images))
        tops[0].reshape(*data.shape)
        tops[0].data = data.to(self.place.device, self.place.dtype)
        tops[1].data = torch.tensor(labels, device=self.place.device, dtype=self.place.dtype)

    def get_state(self) -> dict[str, Any]:
        shuffled = {"order": list(self._order), "rng": self._rng.state} if self._rng else None
        return {"next": self._next, "shuffled": shuffled, "transformer": self.transformer.state}

    def set_state(self, state: dict[str, Any]) -> None:
        self._next = state["next"]
        if self._rng and state["shuffled"]:
            self._order, self._rng.state = list(state["shuffled"]["order"]), state["shuffled"]["rng"]
        self.transformer.state = state["transformer"]

    def _draw_seeds(self) -> None:
        """Draws from the global generator what Caffe draws, in Caffe's order; the last seed is for Caffe's thread."""
        param, draw = self.param.image_data_param, self.place.rng.next_u32
        self.transformer.init_rand(draw)
        self._rng = Rng(draw()) if param.shuffle else None
        if self._rng:
            shuffle(self._order, self._rng)
        if param.rand_skip:
            self._next = draw() % param.rand_skip
            if self._next >= len(self._lines):
                self.fail(f"rand_skip skips {self._next} images, but there are {len(self._lines)}: lower it")
        self.transformer.init_rand(draw)
        draw()

    def _advance(self) -> None:
        self._next += 1
        if self._next == len(self._lines):
            self._next = 0
            if self._rng:
                shuffle(self._order, self._rng)

    def _listed(self) -> list[tuple[str, int]]:
        source = self.param.image_data_param.source
        text = read_bytes(source, _MAX_BYTES, DataError).decode(errors="surrogateescape")
        lines = []
        for number, line in enumerate(text.splitlines(), 1):
            path, space, label = line.rstrip().rpartition(" ")
            if not line.strip():
                continue
            if not space or not label.lstrip("-").isdecimal():
                raise DataError(f"{self._where}: {source}:{number}: {line!r} is not a path, a space and a label")
            lines.append((path, int(label)))
        if not lines:
            raise DataError(f"{self._where}: its list of images, {source}, is empty")
        logger.info("A total of %d images.", len(lines))
        return lines

    def _image(self, path: str) -> npt.NDArray[np.uint8]:
        """The image as bytes (C, H, W), resized."""
        param = self.param.image_data_param
        data = read_bytes(param.root_folder + path, _MAX_BYTES, DataError)
        try:
            image = decode_image(data, param.is_color)
        except DataError as error:
            raise DataError(f"{self._where}: {param.root_folder}{path}: {error}") from error
        return _resize(image, param.new_height, param.new_width) if param.new_height else image


def _resize(image: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.uint8]:
    """Resizes as OpenCV's `resize` by default: bilinear, pixel centres at halves, without smoothing."""
    check_memory(8 * len(image) * height * width, f"an image of {height} x {width} pixels", DataError)
    pixels = torch.from_numpy(image).to(torch.float32)[None]
    resized = torch.nn.functional.interpolate(pixels, (height, width), mode="bilinear", align_corners=False)[0]
    return (resized + 0.5).floor().to(torch.uint8).numpy()
