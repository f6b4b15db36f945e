"""What a net consists of, as pycaffe shows it: blobs, layers and params, by name and by number."""

from collections import OrderedDict
from functools import cached_property

from torchcaffe import net as core
from torchcaffe.errors import NetError, UnknownLayerError
from torchcaffe.nearest import did_you_mean
from torchcaffe.proto import caffe_pb2
from torchcaffe.pycaffe.blob import Blob, BlobVec
from torchcaffe.pycaffe.layer import Layer
from torchcaffe.pycaffe.python_layer import PythonLayer


class NetParts:
    """The parts of a net, in running order."""

    _net: core.Net

    def __repr__(self) -> str:
        """`Net 'LeNet' (TEST): 9 layers, 431,080 params`; params that several layers share count once."""
        phase, layers = caffe_pb2.Phase.Name(self._net.phase), len(self._net.layers)
        params = sum(param.blob.count for param in self._net.params.learnable)
        return f"Net '{self.name}' ({phase}): {_several(layers, 'layer')}, {_several(params, 'param')}"

    @property
    def name(self) -> str:
        return self._net.name

    @cached_property
    def blobs(self) -> "OrderedDict[str, Blob]":
        """Blobs by name, from input to output."""
        return OrderedDict(zip(self._blob_names, self._blobs, strict=True))

    @cached_property
    def blob_loss_weights(self) -> "OrderedDict[str, float]":
        """Each blob's weight in the loss, by name."""
        return OrderedDict(zip(self._blob_names, self._blob_loss_weights, strict=True))

    @cached_property
    def layers(self) -> list[Layer]:
        """The layers; a Python layer is the very object that computes it."""
        core_layers = self._net.layers
        return [layer.instance if isinstance(layer, PythonLayer) else Layer._of(layer) for layer in core_layers]

    @cached_property
    def layer_dict(self) -> "OrderedDict[str, Layer]":
        """Layers by name."""
        return OrderedDict(zip(self._layer_names, self.layers, strict=True))

    @cached_property
    def params(self) -> "OrderedDict[str, BlobVec]":
        """The params of each layer that has some, by its name."""
        return OrderedDict((name, layer.blobs) for name, layer in self.layer_dict.items() if layer.blobs)

    @property
    def inputs(self) -> list[str]:
        """Names of the blobs of Input layers."""
        return [self._blob_names[i] for i in self._inputs]

    @property
    def outputs(self) -> list[str]:
        """Names of the blobs that no layer reads."""
        return [self._blob_names[i] for i in self._outputs]

    @cached_property
    def top_names(self) -> "OrderedDict[str, list[str]]":
        """Names of each layer's tops, by layer."""
        names = self._blob_names
        return OrderedDict((node.layer.name, [names[i] for i in node.top_ids]) for node in self._net.nodes)

    @cached_property
    def bottom_names(self) -> "OrderedDict[str, list[str]]":
        """Names of each layer's bottoms, by layer."""
        names = self._blob_names
        return OrderedDict((node.layer.name, [names[i] for i in node.bottom_ids]) for node in self._net.nodes)

    # The names that Caffe's own Python code uses, and scripts that have learned from it.

    @cached_property
    def _blobs(self) -> list[Blob]:
        return [Blob(blob) for blob in self._net.blobs]

    @property
    def _blob_names(self) -> list[str]:
        return self._net.blob_names

    @property
    def _blob_loss_weights(self) -> list[float]:
        return self._net.blob_loss_weights

    @property
    def _layer_names(self) -> list[str]:
        return self._net.layer_names

    @property
    def _inputs(self) -> list[int]:
        return self._net.input_ids

    @property
    def _outputs(self) -> list[int]:
        return self._net.output_ids

    def _top_ids(self, layer: int) -> list[int]:
        return self._net.nodes[layer].top_ids

    def _bottom_ids(self, layer: int) -> list[int]:
        return self._net.nodes[layer].bottom_ids

    # Looking things up.

    def _index(self, layer: str) -> int:
        names = self._layer_names
        if layer not in names:
            raise UnknownLayerError(f"net '{self.name}' has no layer '{layer}'.{did_you_mean(layer, names)}")
        return names.index(layer)

    def _blob(self, name: str) -> Blob:
        if name not in self.blobs:
            raise NetError(f"net '{self.name}' has no blob '{name}'.{did_you_mean(name, self.blobs)}")
        return self.blobs[name]


def _several(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
