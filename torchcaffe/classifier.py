"""A net that classifies images."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from torchcaffe.io import oversample as ten_crops
from torchcaffe.io import resize_image
from torchcaffe.proto.caffe_pb2 import TEST
from torchcaffe.pycaffe.arrays import Array
from torchcaffe.pycaffe.image_input import image_input
from torchcaffe.pycaffe.net import Net


class Classifier(Net):
    """A net in the TEST phase whose only input is an image (N, K, h, w) and whose first output are scores (N, C).

    Args:
        image_dims: (H, W), to which images are resized before crops of the input's size are taken; that size itself
            unless given.
        mean, input_scale, raw_scale, channel_swap: as the methods `set_...` of `io.Transformer` take them.

    Raises as `Net`. Source: Caffe 1.0, `python/caffe/classifier.py`.
    """

    def __init__(
        self,
        model_file: str | Path,
        pretrained_file: str | Path,
        image_dims: Sequence[int] | None = None,
        mean: Array | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
    ) -> None:
        super().__init__(model_file, phase=TEST, weights=pretrained_file)
        self.transformer = image_input(self, mean, input_scale, raw_scale, channel_swap)
        self.crop_dims = np.array(self.blobs[self.inputs[0]].shape[2:])
        self.image_dims = self.crop_dims if image_dims is None else np.array(image_dims)

    def predict(self, inputs: Sequence[Array], oversample: bool = True) -> Array:
        """The scores (N, C) of N images (H', W', K), as `io.load_image` gives them.

        Args:
            oversample: whether to average over ten crops of each image (corners, middle, and their mirror images);
                otherwise the middle is taken.
        """
        images = np.stack([resize_image(image, tuple(self.image_dims)) for image in inputs])
        crops = ten_crops(images, tuple(self.crop_dims)) if oversample else self._middle(images)
        name = self.inputs[0]
        values = np.stack([self.transformer.preprocess(name, crop) for crop in crops])
        scores = self.forward_all(**{name: values})[self.outputs[0]]
        return scores.reshape(len(inputs), 10, -1).mean(1) if oversample else scores

    def _middle(self, images: Array) -> Array:
        top, left = (self.image_dims - self.crop_dims) // 2
        height, width = self.crop_dims
        return images[:, top : top + height, left : left + width]
