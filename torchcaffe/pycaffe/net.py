"""The net as pycaffe shows it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import torch

from torchcaffe import net as core
from torchcaffe.errors import NetError
from torchcaffe.glog import log_by_default
from torchcaffe.layer_types.memory_data import MemoryDataLayer
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import read_net
from torchcaffe.pycaffe.arrays import Array, net_runs, person_runs
from torchcaffe.pycaffe.batches import Arrays, batches, copies, item_count, joined
from torchcaffe.pycaffe.compiled import check_backward
from torchcaffe.pycaffe.first_backward import forget_forward, run_aside
from torchcaffe.pycaffe.net_parts import NetParts
from torchcaffe.pycaffe.other_mode import tell_of_other_mode
from torchcaffe.weights.caffemodel import copy_trained_layers_from, save_caffemodel

File = str | Path


class Net(NetParts):
    """A net from a prototxt, in one phase.

        Net("net.prototxt", caffe.TEST)
        Net("net.prototxt", caffe.TEST, weights="net.caffemodel")
        Net(network_file="net.prototxt", phase=caffe.TEST, level=0, stages=["deploy"], weights="net.caffemodel")
        Net("net.prototxt", "net.caffemodel", caffe.TEST)  # The old form.

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
        if phase is None and weights in ("TRAIN", "TEST"):
            raise NetError(f"the phase is caffe.{weights}, not '{weights}': Net(prototxt, caffe.{weights})")
        if phase is None:
            raise NetError("a net needs a phase: Net(prototxt, caffe.TRAIN) or Net(prototxt, caffe.TEST)")
        param = read_net(network_file)
        param.state.phase = phase
        param.state.level = given.get("level", level)
        param.state.stage.extend(given.get("stages", stages) or [])
        log_by_default()
        with net_runs():
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

        Returns:
            The blobs' own arrays, by name: the next forward writes into them.
        """
        first = 0 if start is None else self._index(start)
        last = len(self._net.nodes) - 1 if end is None else self._index(end)
        outputs = set(self.outputs if end is None else self.top_names[end]) | set(_names(blobs, "blobs"))
        self._fill(kwargs, self.inputs, "input")
        tell_of_other_mode(self._net)
        with net_runs():
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

        A layer that has not run forward yet gives the gradient at its bottoms as they are.

        Args:
            diffs: names of blobs whose diffs to give back besides the inputs' (with `end`, its bottoms').
            kwargs: the outputs' diffs, by name: all of them or none.

        Returns:
            The blobs' own arrays, by name: the next backward writes into them.
        """
        first = len(self._net.nodes) - 1 if start is None else self._index(start)
        last = 0 if end is None else self._index(end)
        outputs = set(self.inputs if end is None else self.bottom_names[end]) | set(_names(diffs, "diffs"))
        self._fill(kwargs, self.outputs, "output", diff=True)
        self._backward(first, last)
        return {name: self._blob(name).diff for name in outputs}

    @net_runs()
    def _forward(self, start: int, end: int) -> float:
        """Runs layers number `start` to `end` forward; gives their losses' weighted sum."""
        tell_of_other_mode(self._net)
        return float(self._net.forward_from_to(start, end))

    @net_runs()
    def _backward(self, start: int, end: int) -> None:
        """Runs layers number `start` down to `end` backward."""
        tell_of_other_mode(self._net)
        check_backward(self._net, start, end)
        with torch.no_grad():
            run_aside(self._net, start, end)
        self._net.backward_from_to(start, end)

    def forward_all(self, blobs: Iterable[str] | None = None, **kwargs: Array) -> Arrays:
        """`forward` over inputs of any number of items, batch by batch; the last one is filled up with zeros."""
        wanted = _names(blobs, "blobs")
        parts = [copies(self.forward(wanted, None, None, **batch)) for batch in self._batch(kwargs)]
        return joined(parts, item_count(kwargs))

    def forward_backward_all(
        self, blobs: Iterable[str] | None = None, diffs: Iterable[str] | None = None, **kwargs: Array
    ) -> tuple[Arrays, Arrays]:
        """`forward` and `backward`, batch by batch; kwargs are inputs' values and outputs' diffs, by name."""
        wanted, wanted_diffs = _names(blobs, "blobs"), _names(diffs, "diffs")
        forwards = self._batch({name: kwargs[name] for name in self.inputs if name in kwargs})
        backwards = self._batch({name: kwargs[name] for name in self.outputs if name in kwargs})
        values: list[Arrays] = []
        gradients: list[Arrays] = []
        nothing: Arrays = {}
        for forward, backward in zip_longest(forwards, backwards, fillvalue=nothing):
            values.append(copies(self.forward(wanted, None, None, **forward)))
            gradients.append(copies(self.backward(wanted_diffs, None, None, **backward)))
        count = item_count(kwargs)
        return joined(values, count), joined(gradients, count)

    @net_runs()
    def reshape(self) -> None:
        """Carries changed input shapes through the net."""
        before = [blob.shape for blob in self._net.blobs]
        self._net.reshape()
        if [blob.shape for blob in self._net.blobs] != before:
            forget_forward(self._net)

    @net_runs()
    def clear_param_diffs(self) -> None:
        """Sets all params' diffs to zero."""
        for param in self._net.params.learnable:
            param.blob.diff.zero_()

    def set_input_arrays(self, data: Array, labels: Array) -> None:
        """Sets the items of the MemoryData layer that the net begins with: data (M, C, H, W) and M labels, float32.

        They are read at every forward, so later writes to them take effect. M is a multiple of the batch
        size. Raises NetError for a net or for arrays that do not fit.
        """
        first = self._net.layers[0]
        if not isinstance(first, MemoryDataLayer):
            raise NetError(
                f"net '{self.name}' begins with layer '{first.name}' ({first.param.type}): arrays can be given to a "
                "net whose first layer is MemoryData"
            )
        first.set_arrays(data, labels)

    # Watching.

    def before_forward(self, run: Callable[[int], None]) -> None:
        """Calls `run` with a layer's number before it runs forward."""
        self._net.before_forward.append(person_runs()(run))

    def after_forward(self, run: Callable[[int], None]) -> None:
        """Calls `run` with a layer's number after it ran forward."""
        self._net.after_forward.append(person_runs()(run))

    def before_backward(self, run: Callable[[int], None]) -> None:
        """Calls `run` with a layer's number before it runs backward."""
        self._net.before_backward.append(person_runs()(run))

    def after_backward(self, run: Callable[[int], None]) -> None:
        """Calls `run` with a layer's number after it ran backward."""
        self._net.after_backward.append(person_runs()(run))

    # Params.

    @net_runs()
    def copy_from(self, trained_filename: File) -> None:
        """Takes params from a caffemodel, binary or HDF5, by layer name."""
        copy_trained_layers_from(self._net, trained_filename)

    @net_runs()
    def share_with(self, other: "Net") -> None:
        """Makes the params of layers of the same names those of `other`, so that both nets see changes."""
        self._net.share_trained_layers_with(other._net)

    @net_runs()
    def save(self, filename: File) -> None:
        """Writes a binary caffemodel."""
        save_caffemodel(self._net, filename)

    @net_runs()
    def save_hdf5(self, filename: File) -> None:
        """Writes an HDF5 caffemodel."""
        from torchcaffe.weights.caffemodel_hdf5 import save_hdf5  # h5py takes time to import.

        save_hdf5(self._net, filename)

    @net_runs()
    def load_hdf5(self, filename: File) -> None:
        """Takes params from an HDF5 caffemodel, by layer name."""
        from torchcaffe.weights.caffemodel_hdf5 import copy_trained_layers_from_hdf5  # h5py takes time to import.

        copy_trained_layers_from_hdf5(self._net, filename)

    # Parts of the above.

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
            if target.ndim and len(value) != len(target):
                raise NetError(
                    f"{kind} '{name}' got {len(value)} items, but the net's batch is {len(target)}: reshape the "
                    "blob first, or use forward_all"
                )
            target[...] = value

    def _batch(self, blobs: Mapping[str, Array]) -> Iterator[Arrays]:
        """The blobs' items in batches of the net's batch size, the last one filled up with zeros."""
        return batches(blobs, self._blobs[0].shape[0])

    def _set_input_arrays(self, data: Array, labels: Array) -> None:
        self.set_input_arrays(data, labels)


def _names(given: Iterable[str] | None, argument: str) -> list[str]:
    """The blob names in an argument of a method, checked."""
    if isinstance(given, str):
        raise NetError(f"{argument} is a list of names, got '{given}': give {argument}=['{given}']")
    return list(given or [])
