"""The net as pycaffe shows it."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from torchcaffe import net as core
from torchcaffe.errors import NetError
from torchcaffe.nearest import did_you_mean
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import read_net
from torchcaffe.pycaffe.blob import Array, Blob, BlobVec, Layer
from torchcaffe.weights import copy_trained_layers_from, save_caffemodel

File = str | Path
Arrays = dict[str, Array]


class Net:
    """A net from a prototxt, in one phase.

        Net("net.prototxt", caffe.TEST)
        Net("net.prototxt", "net.caffemodel", caffe.TEST)
        Net(network_file="net.prototxt", phase=caffe.TEST, level=0, stages=["deploy"], weights="net.caffemodel")

    Raises:
        NetError, ProtoError, WeightsError: the net or its weights are wrong; the message names the layer.
    """

    def __init__(
        self,
        network_file: File,
        *legacy: Any,
        phase: caffe_pb2.Phase | None = None,
        level: int = 0,
        stages: Sequence[str] | None = None,
        weights: File | None = None,
    ) -> None:
        if legacy and isinstance(legacy[0], (str, Path)):
            weights, *rest = legacy
        else:
            rest = list(legacy)
        given = dict(zip(("phase", "level", "stages", "weights"), rest, strict=False))
        phase = given.get("phase", phase)
        if phase is None:
            raise NetError("a net needs a phase: Net(prototxt, caffe.TRAIN) or Net(prototxt, caffe.TEST)")
        param = read_net(network_file)
        param.state.phase = phase
        param.state.level = given.get("level", level)
        param.state.stage.extend(given.get("stages", stages) or [])
        self._net = core.Net(param)
        weights = given.get("weights", weights)
        if weights is not None:
            self.copy_from(weights)

    @classmethod
    def _of(cls, net: core.Net) -> "Net":
        """The view of a net that is built already, such as a solver's."""
        view = cls.__new__(cls)
        view._net = net
        return view

    # What there is.

    @property
    def name(self) -> str:
        return self._net.name

    @cached_property
    def blobs(self) -> "OrderedDict[str, Blob]":
        """Blobs by name, from input to output."""
        return OrderedDict(zip(self._net.blob_names, map(Blob, self._net.blobs), strict=True))

    @cached_property
    def blob_loss_weights(self) -> "OrderedDict[str, float]":
        """Each blob's weight in the loss, by name."""
        return OrderedDict(zip(self._net.blob_names, self._net.blob_loss_weights, strict=True))

    @cached_property
    def layers(self) -> list[Layer]:
        return [Layer(layer) for layer in self._net.layers]

    @cached_property
    def layer_dict(self) -> "OrderedDict[str, Layer]":
        """Layers by name, in running order."""
        return OrderedDict(zip(self._layer_names, self.layers, strict=True))

    @cached_property
    def params(self) -> "OrderedDict[str, BlobVec]":
        """The params of each layer that has some, by its name."""
        return OrderedDict((name, layer.blobs) for name, layer in self.layer_dict.items() if layer.blobs)

    @property
    def inputs(self) -> list[str]:
        """Names of the blobs of Input layers."""
        return [self._net.blob_names[i] for i in self._net.input_ids]

    @property
    def outputs(self) -> list[str]:
        """Names of the blobs that no layer reads."""
        return [self._net.blob_names[i] for i in self._net.output_ids]

    @cached_property
    def top_names(self) -> "OrderedDict[str, list[str]]":
        """Names of each layer's tops, by layer."""
        names = self._net.blob_names
        return OrderedDict((node.layer.name, [names[i] for i in node.top_ids]) for node in self._net.nodes)

    @cached_property
    def bottom_names(self) -> "OrderedDict[str, list[str]]":
        """Names of each layer's bottoms, by layer."""
        names = self._net.blob_names
        return OrderedDict((node.layer.name, [names[i] for i in node.bottom_ids]) for node in self._net.nodes)

    @property
    def _layer_names(self) -> list[str]:
        return self._net.layer_names

    @property
    def _blob_names(self) -> list[str]:
        return self._net.blob_names

    # Running.

    def forward(
        self,
        blobs: Iterable[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **kwargs: Array,
    ) -> Arrays:
        """Runs layers `start` to `end`, both included, forward.

        Args:
            blobs: names of blobs to give back besides the outputs (with `end`, its tops).
            kwargs: the inputs' new values, by name: all of them or none.
        """
        first = 0 if start is None else self._index(start)
        last = len(self._net.nodes) - 1 if end is None else self._index(end)
        outputs = set(self.outputs if end is None else self.top_names[end]) | set(blobs or [])
        self._fill(kwargs, self.inputs, "input")
        self._net.forward_from_to(first, last)
        return {name: self._blob(name).data for name in outputs}

    def backward(
        self,
        diffs: Iterable[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **kwargs: Array,
    ) -> Arrays:
        """Runs layers `start` down to `end`, both included, backward.

        Args:
            diffs: names of blobs whose diffs to give back besides the inputs' (with `end`, its bottoms').
            kwargs: the outputs' diffs, by name: all of them or none.
        """
        first = len(self._net.nodes) - 1 if start is None else self._index(start)
        last = 0 if end is None else self._index(end)
        outputs = set(self.inputs if end is None else self.bottom_names[end]) | set(diffs or [])
        self._fill(kwargs, self.outputs, "output", diff=True)
        self._net.backward_from_to(first, last)
        return {name: self._blob(name).diff for name in outputs}

    def forward_all(self, blobs: Iterable[str] | None = None, **kwargs: Array) -> Arrays:
        """`forward` over inputs of any number of items, batch by batch; the last one is filled up with zeros."""
        wanted = list(blobs or [])
        parts = [self.forward(wanted, None, None, **batch) for batch in self._batch(kwargs)]
        return _joined(parts, _length(kwargs))

    def forward_backward_all(
        self, blobs: Iterable[str] | None = None, diffs: Iterable[str] | None = None, **kwargs: Array
    ) -> tuple[Arrays, Arrays]:
        """`forward` and `backward`, batch by batch; kwargs are inputs' values and outputs' diffs, by name."""
        wanted, wanted_diffs = list(blobs or []), list(diffs or [])
        forwards = self._batch({name: kwargs[name] for name in self.inputs if name in kwargs})
        backwards = self._batch({name: kwargs[name] for name in self.outputs if name in kwargs})
        values: list[Arrays] = []
        gradients: list[Arrays] = []
        nothing: Arrays = {}
        for forward, backward in zip_longest(forwards, backwards, fillvalue=nothing):
            values.append(_copies(self.forward(wanted, None, None, **forward)))
            gradients.append(_copies(self.backward(wanted_diffs, None, None, **backward)))
        count = _length(kwargs)
        return _joined(values, count), _joined(gradients, count)

    def reshape(self) -> None:
        """Carries changed input shapes through the net."""
        self._net.reshape()

    def clear_param_diffs(self) -> None:
        """Sets all params' diffs to zero."""
        for param in self._net.params.learnable:
            param.blob.diff.zero_()

    def before_forward(self, run: Callable[[int], None]) -> None:
        """Calls `run` with a layer's number before it runs forward."""
        self._net.before_forward.append(run)

    def after_forward(self, run: Callable[[int], None]) -> None:
        """Calls `run` with a layer's number after it ran forward."""
        self._net.after_forward.append(run)

    def before_backward(self, run: Callable[[int], None]) -> None:
        """Calls `run` with a layer's number before it runs backward."""
        self._net.before_backward.append(run)

    def after_backward(self, run: Callable[[int], None]) -> None:
        """Calls `run` with a layer's number after it ran backward."""
        self._net.after_backward.append(run)

    # Params.

    def copy_from(self, trained_filename: File) -> None:
        """Takes params from a caffemodel, binary or HDF5, by layer name."""
        copy_trained_layers_from(self._net, trained_filename)

    def share_with(self, other: "Net") -> None:
        """Makes the params of layers of the same names those of `other`, so that both nets see changes."""
        self._net.share_trained_layers_with(other._net)

    def save(self, filename: File) -> None:
        """Writes a binary caffemodel."""
        save_caffemodel(self._net, filename)

    def save_hdf5(self, filename: File) -> None:
        """Writes an HDF5 caffemodel."""
        from torchcaffe.weights_hdf5 import save_hdf5  # h5py takes time to import.

        save_hdf5(self._net, filename)

    def load_hdf5(self, filename: File) -> None:
        """Takes params from an HDF5 caffemodel, by layer name."""
        from torchcaffe.weights_hdf5 import copy_trained_layers_from_hdf5  # h5py takes time to import.

        copy_trained_layers_from_hdf5(self._net, filename)

    # Parts of the above.

    def _index(self, layer: str) -> int:
        if layer not in self._layer_names:
            raise NetError(f"net '{self.name}' has no layer '{layer}'.{did_you_mean(layer, self._layer_names)}")
        return self._layer_names.index(layer)

    def _blob(self, name: str) -> Blob:
        if name not in self.blobs:
            raise NetError(f"net '{self.name}' has no blob '{name}'.{did_you_mean(name, self.blobs)}")
        return self.blobs[name]

    def _fill(self, given: Mapping[str, Array], names: list[str], kind: str, diff: bool = False) -> None:
        """Writes values into all blobs of these names, if any is given."""
        if not given:
            return
        if set(given) != set(names):
            raise NetError(
                f"the arguments {', '.join(given)} are not the net's {kind}s, {', '.join(names) or 'none'}: "
                f"give all {kind}s, or none"
            )
        for name, value in given.items():
            target = self.blobs[name].diff if diff else self.blobs[name].data
            if len(value) != len(target):
                raise NetError(
                    f"{kind} '{name}' got {len(value)} items, but the net's batch is {len(target)}: reshape the "
                    "blob first, or use forward_all"
                )
            target[...] = value

    def _batch(self, blobs: Mapping[str, Array]) -> Iterator[Arrays]:
        """The items in batches of the net's size, the last one filled up with zeros."""
        size = next(iter(self.blobs.values())).shape[0]
        for begin in range(0, _length(blobs), size):
            batch = {name: np.asarray(values[begin : begin + size]) for name, values in blobs.items()}
            yield {name: _padded(values, size) for name, values in batch.items()}


def _padded(values: Array, size: int) -> Array:
    lacking = size - len(values)
    if not lacking:
        return values
    return np.concatenate([values, np.zeros((lacking, *values.shape[1:]), values.dtype)])


def _length(blobs: Mapping[str, Array]) -> int:
    return len(next(iter(blobs.values()))) if blobs else 0


def _copies(arrays: Arrays) -> Arrays:
    return {name: values.copy() for name, values in arrays.items()}


def _joined(parts: list[Arrays], count: int) -> Arrays:
    """The batches' arrays, end to end, without the zeros that filled up the last batch."""
    return {name: np.concatenate([part[name] for part in parts])[:count] for name in (parts[0] if parts else {})}
