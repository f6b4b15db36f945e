"""Input: blobs that the caller fills."""

from torchcaffe.layer_types.layer import Blobs, Layer


class InputLayer(Layer):
    """Tops of the shapes in `input_param`: one shape for all, or one a top; none leaves them to be reshaped.

    Source: Caffe 1.0, `src/caffe/layers/input_layer.cpp`.
    """

    exact_bottoms = 0
    min_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        shapes = [tuple(shape.dim) for shape in self.param.input_param.shape]
        if len(shapes) not in (0, 1, len(tops)):
            self.fail(f"{len(shapes)} shapes for {len(tops)} tops: give one for all, one a top, or none")
        for top, shape in zip(tops, shapes * len(tops) if len(shapes) == 1 else shapes, strict=False):
            top.reshape(*shape)

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        """The tops keep the shapes that they were given."""

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        """The tops keep what the caller put there."""
