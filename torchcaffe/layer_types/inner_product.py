"""InnerProduct: a fully connected layer."""

from collections.abc import Sequence
from math import prod

from torchcaffe.blob import shape_string
from torchcaffe.layer_types.layer import Blobs, Layer


class InnerProductLayer(Layer):
    """y = x w^T + b, with x's axes from `axis` on taken as one of K values.

    Bottom (N, C, H, W), top (N, num_output) for axis 1. Params: w (num_output, K), or with `transpose: true`
    (K, num_output), and, unless `bias_term: false`, b (num_output).
    Source: Caffe 1.0, `src/caffe/layers/inner_product_layer.cpp`.
    """

    exact_bottoms = 1
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.inner_product_param
        if not param.num_output:
            self.fail("its inner_product_param needs a num_output of at least 1")
        self.axis = self.canonical_axis(bottoms[0], param.axis)
        self.length = prod(bottoms[0].shape[self.axis :])
        shape = (param.num_output, self.length)
        self.add_param(shape[::-1] if param.transpose else shape, param.weight_filler)
        if param.bias_term:
            self.add_param((param.num_output,), param.bias_filler)

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        shape = bottoms[0].shape
        if prod(shape[self.axis :]) != self.length:
            self.fail(f"its bottom of shape {shape_string(shape)} no longer has {self.length} values an item")
        tops[0].reshape(*shape[: self.axis], self.param.inner_product_param.num_output)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._x = bottoms[0].data.reshape(-1, self.length)
        weight = self.blobs[0].data
        y = self._x @ (weight if self.param.inner_product_param.transpose else weight.T)
        if len(self.blobs) > 1:
            y = y + self.blobs[1].data
        tops[0].data = y.view(tops[0].shape)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        d_y = tops[0].diff.reshape(-1, self.param.inner_product_param.num_output)
        transposed = self.param.inner_product_param.transpose
        if self.param_propagate_down[0]:
            self.blobs[0].diff.add_(self._x.T @ d_y if transposed else d_y.T @ self._x)
        if len(self.blobs) > 1 and self.param_propagate_down[1]:
            self.blobs[1].diff.add_(d_y.sum(0))
        if propagate_down[0]:
            weight = self.blobs[0].data
            bottoms[0].diff = (d_y @ (weight.T if transposed else weight)).view(bottoms[0].shape)
