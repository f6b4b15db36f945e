"""Params of a net to and from HDF5 caffemodels (`.caffemodel.h5`).

As in Caffe, the group `data` has a group for each layer, with data sets `0`, `1`, ... for its params; one
that a layer shares stands with its owner only. The group `diff` likewise holds gradients, if there.

HDF5 takes '/' in a name as a way down into groups: layer `a/b` is the group `b` inside the group `a`. Caffe
makes such groups only if `a` is a layer too, and never reads them. Here they are made and read in any case.
"""

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import torch

from torchcaffe.blob import Blob, Shape
from torchcaffe.errors import WeightsError
from torchcaffe.files import write_bytes_atomically
from torchcaffe.glog import logger
from torchcaffe.hdf5 import check_numbers, child, numbers, open_hdf5
from torchcaffe.layer_types.layer import Layer
from torchcaffe.net import Net
from torchcaffe.weights.matching import Copied, check_fits, check_whole, layers_by_name


def save_hdf5(net: Net, path: str | Path, write_diff: bool = False) -> None:
    """Writes the net's params to an HDF5 caffemodel. Source: Caffe 1.0, `Net::ToHDF5`."""
    owned = {id(param.blob) for param in net.params.learnable}
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for half in ("data", "diff") if write_diff else ("data",):
            root = file.create_group(half)
            for layer in net.layers:
                group = _require_group(root, layer)
                for j, blob in enumerate(layer.blobs):
                    if half == "diff" or id(blob) in owned:
                        _save(group, str(j), blob.diff if half == "diff" else blob.data, layer)
    write_bytes_atomically(path, buffer.getvalue())


def copy_trained_layers_from_hdf5(net: Net, path: str | Path, whole: bool = False) -> Copied:
    """As `caffemodel.copy_trained_layers_from`, from an HDF5 caffemodel."""
    owned = {id(param.blob) for param in net.params.learnable}
    with open_hdf5(path) as file:
        if "data" not in file or not isinstance(child(file, "data"), h5py.Group):
            raise WeightsError(f"{path}: this HDF5 file holds no caffemodel: it has no group 'data'")
        fitting: list[tuple[Layer, dict[int, h5py.Dataset]]] = []
        stored = _stored_layers(file["data"])
        targets = layers_by_name(net)
        passed_over = [name for name, arrays in stored.items() if name not in targets and arrays]
        for name, arrays in stored.items():
            if name not in targets:
                logger.info("Ignoring source layer %s", name)
                continue
            _check(targets[name], arrays, owned, str(path))
            fitting.append((targets[name], arrays))
        if whole:
            check_whole(net, [layer for layer, _ in fitting], str(path))
        # Read only now that the shapes are known to fit, and so take no more memory than the net.
        matched = [(layer, {j: _values(array) for j, array in arrays.items()}) for layer, arrays in fitting]
    for layer, arrays in matched:
        for j, values in arrays.items():
            layer.blobs[j].data.copy_(torch.from_numpy(values))
    # The group of a layer that shares all its params is empty, so it does not show whether they were found.
    return Copied([layer.name for layer, arrays in matched if arrays or not layer.blobs], passed_over)


def _require_group(root: h5py.Group, layer: Layer) -> h5py.Group:
    try:
        return root.require_group(layer.name)
    except (TypeError, ValueError) as error:
        raise _name_clash(layer, error) from error


def _save(group: h5py.Group, name: str, values: torch.Tensor, layer: Layer) -> None:
    try:
        group.create_dataset(name, data=values.cpu().numpy())
    except ValueError as error:
        raise _name_clash(layer, error) from error


def _name_clash(layer: Layer, error: Exception) -> WeightsError:
    return WeightsError(
        f"layer '{layer.name}': HDF5 cannot hold it, because '/' in names makes it clash with a param of another "
        f"layer ({error}): rename the layer, or set snapshot_format: BINARYPROTO"
    )


def _stored_layers(root: h5py.Group) -> dict[str, dict[int, h5py.Dataset]]:
    """Every group that is a layer, by its path, with its params by number."""
    stored: dict[str, dict[int, h5py.Dataset]] = {}

    def visit(name: str, node: h5py.Group | h5py.Dataset) -> None:
        if isinstance(node, h5py.Group):
            params = {int(key): child(node, key) for key in node if key.isdecimal()}
            arrays = {number: param for number, param in params.items() if isinstance(param, h5py.Dataset)}
            if arrays or len(node) == 0:
                stored[name] = arrays

    root.visititems(visit)
    return stored


def _values(dataset: h5py.Dataset) -> npt.NDArray[Any]:
    return numbers(dataset, real=np.float64 if dataset.dtype == np.float64 else np.float32)


def _check(layer: Layer, arrays: dict[int, h5py.Dataset], owned: set[int], source: str) -> None:
    """Refuses params that do not fit; one that the layer shares with an owner may be absent."""

    for array in arrays.values():
        check_numbers(array)

    def shape(j: int, blob: Blob) -> Shape | None:
        if j in arrays:
            return tuple(arrays[j].shape)
        return None if id(blob) in owned else blob.shape

    shapes = [shape(j, blob) for j, blob in enumerate(layer.blobs)]
    beyond = [tuple(arrays[j].shape) for j in sorted(arrays) if j >= len(layer.blobs)]
    check_fits(layer, [s for s in shapes if s is not None] + beyond, source)
