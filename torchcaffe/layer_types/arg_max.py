"""ArgMax: where the largest values are."""

from math import prod

import torch

from torchcaffe.layer_types.layer import Blobs, Layer


class ArgMaxLayer(Layer):
    """The indices (and values) of the `top_k` largest values, largest first; of equals, the last comes first.

    With `axis` they run along that axis, whose size becomes top_k, and the top holds either indices or, with
    `out_max_val`, values. Without, they run over all axes but the first; the top is (N, 1, top_k), or with
    `out_max_val` (N, 2, top_k) with indices first and values second, followed by axes of 1 up to the bottom's
    rank. It has no gradient: to ask for one is an error.
    Source: Caffe 1.0, `src/caffe/layers/argmax_layer.cpp`.
    """

    exact_bottoms = 1
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.argmax_param
        self._axis = self.canonical_axis(bottoms[0], param.axis) if param.HasField("axis") else None
        shape = bottoms[0].shape
        dim = prod(shape[1:]) if self._axis is None else shape[self._axis]
        if not 1 <= param.top_k <= dim:
            self.fail(f"top_k is {param.top_k}: expected 1 to {dim}, the number of values to choose from")

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.argmax_param
        shape = list(bottoms[0].shape)
        if self._axis is not None:
            shape[self._axis] = param.top_k
        else:
            shape = [shape[0], 2 if param.out_max_val else 1, param.top_k] + [1] * (len(shape) - 3)
        tops[0].reshape(*shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.argmax_param
        x = bottoms[0].data
        if self._axis is not None:
            values, places = _largest(x, self._axis, param.top_k)
            tops[0].data = values if param.out_max_val else places
        else:
            values, places = _largest(x.flatten(1), 1, param.top_k)
            found = torch.stack([places, values], dim=1) if param.out_max_val else places
            tops[0].data = found.view(tops[0].shape)


def _largest(x: torch.Tensor, axis: int, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The `k` largest values along `axis` and their indices, both of the element type of `x`."""
    # A stable sort of the reversed array puts the last of equal values first.
    values, places = torch.sort(x.flip(axis), dim=axis, descending=True, stable=True)
    places = x.shape[axis] - 1 - places
    return values.narrow(axis, 0, k), places.narrow(axis, 0, k).to(x.dtype)
