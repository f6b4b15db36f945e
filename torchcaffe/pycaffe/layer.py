"""Layers as pycaffe shows them, and what Python layers derive from."""

from typing import Self

from torchcaffe.layer_types import layer as core
from torchcaffe.proto import caffe_pb2
from torchcaffe.pycaffe.blob import BlobVec


class Layer:
    """A net's layer: its `type` and its params, `blobs`.

    A `Python` layer's class derives from this one and defines, with sequences of blobs for `bottom` and `top`,

        setup(self, bottom, top)                     once: reads `self.param_str`, adds params with
                                                     `self.blobs.add_blob(*shape)`
        reshape(self, bottom, top)                   before every forward: `top[0].reshape(*shape)`
        forward(self, bottom, top)                   `top[0].data[...] = f(bottom[0].data)`
        backward(self, top, propagate_down, bottom)  `bottom[0].diff[...] = ...` where propagate_down[0] is true, and
                                                     adds to `self.blobs[0].diff`

    `self.phase` is caffe.TRAIN or caffe.TEST. Source: Caffe 1.0, `include/caffe/layers/python_layer.hpp`.
    """

    type: str
    blobs: BlobVec
    param_str: str
    phase: int

    def __init__(self, param: caffe_pb2.LayerParameter) -> None:
        """Does nothing: the net has set the attributes before."""

    def __repr__(self) -> str:
        """`Convolution layer with params [Blob (20, 1, 5, 5), Blob (20,)]`; `Python layer` also names its class."""
        if not hasattr(self, "type"):
            return super().__repr__()  # Made by hand, not by a net.
        own = "" if type(self) is Layer else f" {type(self).__name__}"
        params = f" with params {self.blobs}" if self.blobs else ""
        return f"{self.type} layer{own}{params}"

    @classmethod
    def _of(cls, layer: core.Layer) -> Self:
        """The view of a net's layer, not initialized yet where a subclass has something to do there."""
        view = cls.__new__(cls)
        view.type = layer.param.type
        view.blobs = BlobVec(layer)
        return view
