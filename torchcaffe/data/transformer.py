"""What a data layer does to each image: random mirror and crop, mean subtraction, scaling.

Source: Caffe 1.0, `src/caffe/data_transformer.cpp`. Random numbers are drawn (`draw`) apart from
their application (`apply`), so that a device can apply the same draws to images that it holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from torchcaffe.boost import Rng, RngState
from torchcaffe.errors import DataError
from torchcaffe.glog import logger
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import blob_to_array, read_binary
from torchcaffe.rng import caffe_rng_rand

FloatArray = npt.NDArray[np.float32]
Images = npt.NDArray[np.uint8] | npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Draws:
    """For each image of a batch, (N,): is it mirrored, and the crop's first row and column."""

    mirror: npt.NDArray[np.bool_]
    h_off: npt.NDArray[np.int64]
    w_off: npt.NDArray[np.int64]


class DataTransformer:
    """y = (x - mean) * scale over a crop of x, in float32; a mirrored image is flipped after cropping.

    `scale` is float32; `mean` is None, (C, H, W) from a mean file, or (1 or C, 1, 1) from mean values. The
    mean file has the size of the whole image and is cropped with it. `where` names the user of the
    transformer in errors. `force_color` and `force_gray` say how to decode encoded images, and mean nothing
    here.
    """

    def __init__(self, param: caffe_pb2.TransformationParameter, phase: int, where: str = "transform_param") -> None:
        """Reads the mean file. Raises DataError if there are mean values too, ProtoError for a bad file."""
        self.param, self.where = param, where
        self.train = phase == caffe_pb2.TRAIN
        self.crop_size = int(param.crop_size)
        self.scale = np.float32(param.scale)
        self.mean = self._read_mean()
        self._rng: Rng | None = None

    @property
    def needs_rand(self) -> bool:
        """Does this transformer draw at all: a mirror in either phase, or a crop in training?"""
        return bool(self.param.mirror) or (self.train and self.crop_size > 0)

    def init_rand(self, draw: Callable[[], int] = caffe_rng_rand) -> None:
        """Seeds this transformer's own generator by one draw of the global one, if it needs one at all.

        Caffe's prefetching layers (Data, ImageData) do this twice when they are set up, and then draw once
        more in any case, for their thread; a layer that must follow Caffe's stream does the same.
        """
        self._rng = Rng(draw()) if self.needs_rand else None

    @property
    def state(self) -> RngState | None:
        """The generator's exact state, for resuming; None if there is no generator."""
        return self._rng.state if self._rng is not None else None

    @state.setter
    def state(self, value: RngState | None) -> None:
        if (value is not None) != self.needs_rand:
            saved = "has no random state" if value is None else "has a random state"
            needs = "need one" if self.needs_rand else "need none"
            raise DataError(
                f"{self.where}: what was saved {saved}, but mirror and crop_size {needs}; resume with the"
                " transform_param of the run that saved it"
            )
        self._rng = None
        if value is not None:
            self._rng = Rng(0)
            self._rng.state = value

    def output_shape(self, channels: int, height: int, width: int) -> tuple[int, int, int]:
        """The shape (C, h, w) that images of this shape get.

        Raises DataError where the crop is larger than the image or the mean is of another size.
        """
        size = f"{channels} x {height} x {width}"
        if min(channels, height, width) < 1:
            raise DataError(f"{self.where}: an image of {size} holds no pixel; write the database again")
        if min(height, width) < self.crop_size:
            raise DataError(
                f"{self.where}: crop_size {self.crop_size} does not fit into an image of {size};"
                " the image must be at least as large"
            )
        self._check_mean(channels, height, width)
        return (channels, self.crop_size or height, self.crop_size or width)

    def draw(self, count: int, height: int, width: int) -> Draws:
        """Draws for the next `count` images of height x width, image by image: mirror, row, column.

        Mirror is u % 2 and a training crop u % (size - crop_size + 1), u a raw draw, which is taken even if
        only one crop fits. In the test phase the crop is the centre's. The size must suit `output_shape`.
        """
        mirror = np.zeros(count, dtype=np.bool_)
        h_choices, w_choices = self._choices(height), self._choices(width)
        h_off, w_off = np.full(count, (h_choices - 1) // 2), np.full(count, (w_choices - 1) // 2)
        if self.needs_rand:
            columns = iter(self._raw(count))
            if self.param.mirror:
                mirror = next(columns) % 2 == 1
            if self.train and self.crop_size:
                h_off, w_off = next(columns) % h_choices, next(columns) % w_choices
        return Draws(mirror, h_off, w_off)

    def apply(self, images: Images, draws: Draws, out: FloatArray | None = None) -> FloatArray:
        """Transforms `images` (N, C, H, W), bytes or floats, to float32 (N, C, h, w), in `out` if it is
        given.
        """
        shape = (len(images), *self.output_shape(*images.shape[1:]))
        if out is None:
            out = np.empty(shape, dtype=np.float32)
        elif out.shape != shape or out.dtype != np.float32:
            raise ValueError(f"out is {out.dtype} {out.shape}, and the result float32 {shape}")
        whole = shape[1:] == images.shape[1:] and not draws.mirror.any()
        values = self._normalise(images, out if whole else None)
        if whole:
            return out
        height, width = shape[2:]
        places = zip(draws.mirror.tolist(), draws.h_off.tolist(), draws.w_off.tolist(), strict=True)
        for image, target, (mirror, h_off, w_off) in zip(values, out, places, strict=True):
            crop = image[:, h_off : h_off + height, w_off : w_off + width]
            target[...] = crop[:, :, ::-1] if mirror else crop
        return out

    def transform(self, images: Images, out: FloatArray | None = None) -> FloatArray:
        """Draws for a batch (N, C, H, W) and applies the draws. Raises DataError as `output_shape` does."""
        self.output_shape(*images.shape[1:])
        return self.apply(images, self.draw(len(images), *images.shape[2:]), out)

    def _normalise(self, images: Images, out: FloatArray | None) -> FloatArray:
        values: FloatArray = np.empty(images.shape, dtype=np.float32) if out is None else out
        if self.mean is not None:
            np.subtract(images, self.mean, out=values, dtype=np.float32, casting="same_kind")
        else:
            values[...] = images
        if self.scale != 1:
            values *= self.scale
        return values

    def _choices(self, size: int) -> int:
        return size - self.crop_size + 1 if self.crop_size else 1

    def _raw(self, count: int) -> npt.NDArray[np.int64]:
        """Raw draws (draws per image, count)."""
        if self._rng is None:
            raise RuntimeError(f"{self.where}: init_rand must come before the first random transform")
        each = (1 if self.param.mirror else 0) + (2 if self.train and self.crop_size else 0)
        return self._rng.raw(count * each).astype(np.int64).reshape(count, each).T

    def _read_mean(self) -> FloatArray | None:
        if not self.param.HasField("mean_file"):
            values: FloatArray = np.array(self.param.mean_value, dtype=np.float32).reshape(-1, 1, 1)
            return values if values.size else None
        if self.param.mean_value:
            raise DataError(f"{self.where}: mean_file and mean_value cannot be given together; remove one")
        logger.info("Loading mean file from: %s", self.param.mean_file)
        blob = read_binary(self.param.mean_file, caffe_pb2.BlobProto)
        array = blob_to_array(blob, self.param.mean_file).astype(np.float32)
        if array.ndim > 4 or not array.size:
            raise DataError(
                f"{self.where}: mean file {self.param.mean_file} holds a blob of shape {array.shape},"
                " and one image of shape (1, C, H, W) is expected"
            )
        # As in Caffe, missing axes are 1, and the first of several images counts.
        mean: FloatArray = array.reshape(array.shape + (1,) * (4 - array.ndim))[0]
        return mean

    def _check_mean(self, channels: int, height: int, width: int) -> None:
        if self.mean is None:
            return
        if not self.param.HasField("mean_file"):
            if len(self.mean) not in (1, channels):
                raise DataError(
                    f"{self.where}: {len(self.mean)} mean values for images of {channels} channels;"
                    f" give one mean_value, or {channels}"
                )
        elif self.mean.shape != (channels, height, width):
            has = " x ".join(map(str, self.mean.shape))
            raise DataError(
                f"{self.where}: mean file {self.param.mean_file} is {has}, but the images are"
                f" {channels} x {height} x {width} before cropping; compute the mean from this database"
            )
