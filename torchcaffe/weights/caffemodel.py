"""Params of a net to and from caffemodels: binary files (`.caffemodel`) here, HDF5 files in `caffemodel_hdf5`."""

from pathlib import Path

from torchcaffe.blob import Blob
from torchcaffe.errors import WeightsError
from torchcaffe.glog import logger
from torchcaffe.layer_types.layer import Layer
from torchcaffe.memory import check_memory
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2, sniff
from torchcaffe.proto.binary import array_to_blob, read_caffemodel, write_binary
from torchcaffe.stored_blob import read_blob, stored_shape
from torchcaffe.weights.matching import Copied, check_fits, check_whole, layers_by_name


def net_to_proto(net: Net, write_diff: bool = False) -> caffe_pb2.NetParameter:
    """The net as a caffemodel holds it: its layers, Split layers included, each with its params as `blobs`.

    Source: Caffe 1.0, `Net::ToProto`.
    """
    proto = caffe_pb2.NetParameter(name=net.name)
    for layer in net.layers:
        copy = proto.layer.add()
        copy.CopyFrom(layer.param)
        del copy.blobs[:]
        copy.blobs.extend(blob_to_proto(blob, write_diff) for blob in layer.blobs)
    return proto


def blob_to_proto(blob: Blob, write_diff: bool = False) -> caffe_pb2.BlobProto:
    """A blob's data, and with `write_diff` its diff, as a message."""
    diff = blob.diff.cpu().numpy() if write_diff else None
    return array_to_blob(blob.data.cpu().numpy(), diff)


def save_caffemodel(net: Net, path: str | Path, write_diff: bool = False) -> None:
    """Writes the net's params to a binary caffemodel, which Caffe can read.

    Raises:
        WeightsError: there is not enough memory for the message, its bytes and one param between the two.
    """
    sizes = [blob.count * 4 * (1 + write_diff) for layer in net.layers for blob in layer.blobs]
    check_memory(2 * sum(sizes) + 2 * max(sizes, default=0), f"writing {path}", WeightsError)
    write_binary(path, net_to_proto(net, write_diff))


def copy_trained_layers_from(net: Net, path: str | Path, whole: bool = False) -> Copied:
    """Copies params from a caffemodel, binary or HDF5, into the net's layers of the same names.

    A layer of the file that the net lacks is passed over with a log line, and a layer of the net that the
    file lacks keeps its params, unless the `whole` net must be there. Nothing is copied unless all of it fits.

    Raises:
        WeightsError: a layer has another number of params, or a param another shape; or one is not there at all.
        ProtoError: the file is absent, damaged or of another kind.

    Source: Caffe 1.0, `Net::CopyTrainedLayersFrom`.
    """
    if is_hdf5(path):
        from torchcaffe.weights.caffemodel_hdf5 import copy_trained_layers_from_hdf5  # h5py takes time to import.

        return copy_trained_layers_from_hdf5(net, path, whole)
    return copy_trained_layers_from_proto(net, read_caffemodel(path), str(path), whole)


def copy_trained_layers_from_proto(net: Net, source: caffe_pb2.NetParameter, name: str, whole: bool = False) -> Copied:
    """As `copy_trained_layers_from`, from a message; `name` is what errors call its file."""
    targets = layers_by_name(net)
    matched: list[tuple[Layer, caffe_pb2.LayerParameter]] = []
    passed_over = [param.name for param in source.layer if param.name not in targets and param.blobs]
    for layer_param in source.layer:
        if layer_param.name not in targets:
            logger.info("Ignoring source layer %s", layer_param.name)
            continue
        layer = targets[layer_param.name]
        mine = [blob.shape for blob in layer.blobs]
        shapes = [stored_shape(b, mine[j] if j < len(mine) else None) for j, b in enumerate(layer_param.blobs)]
        check_fits(layer, shapes, name)
        matched.append((layer, layer_param))
    if whole:
        check_whole(net, [layer for layer, _ in matched], name)
    for layer, layer_param in matched:
        for j, (blob, proto) in enumerate(zip(layer.blobs, layer_param.blobs, strict=True)):
            read_blob(proto, blob, f"{name}: layer '{layer.name}', param {j}")
    return Copied([layer.name for layer, _ in matched], passed_over)


def is_hdf5(path: str | Path) -> bool:
    """Whether the file begins as HDF5 files do; no if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return sniff.is_hdf5(file.read(8))
    except OSError:
        return False
