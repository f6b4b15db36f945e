"""Embed: a learned vector for each of a number of things."""

from collections.abc import Sequence

from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.layer_types.shared.indices import read_indices


class EmbedLayer(Layer):
    """y[i] = weight[index[i]] + bias. The weight's row j gains the sum of dy[i] over the i with index[i] = j.

    Params: weight (input_dim, num_output), bias (num_output) unless `bias_term` is false. Bottom: integers of
    any shape, which have no gradient; top: that shape with one axis more, of num_output.
    Source: Caffe 1.0, `src/caffe/layers/embed_layer.cpp`.
    """

    exact_bottoms = 1
    exact_tops = 1

    def allows_force_backward(self, bottom_index: int) -> bool:
        return False

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.embed_param
        for key in ("num_output", "input_dim"):
            if getattr(param, key) == 0:
                self.fail(f"embed_param gives no {key}: it must be positive")
        self.add_param((param.input_dim, param.num_output), param.weight_filler)
        if param.bias_term:
            self.add_param((param.num_output,), param.bias_filler)

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        tops[0].reshape(*bottoms[0].shape, self.param.embed_param.num_output)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._index = read_indices(self, bottoms[0], self.param.embed_param.input_dim)
        y = self.blobs[0].data[self._index]
        if self.param.embed_param.bias_term:
            y = y + self.blobs[1].data
        tops[0].data = y.view(tops[0].shape)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            self.fail("it cannot propagate a gradient to its indices")
        dy = tops[0].diff.view(-1, self.param.embed_param.num_output)
        if self.param_propagate_down[0]:
            self.blobs[0].diff.index_add_(0, self._index, dy)
        if self.param.embed_param.bias_term and self.param_propagate_down[1]:
            self.blobs[1].diff.add_(dy.sum(0))
