"""Inserts the Split layers that a net needs if several layers read one blob."""

from collections import Counter

from torchcaffe.errors import NetError
from torchcaffe.nearest import did_you_mean
from torchcaffe.proto import caffe_pb2

Top = tuple[int, int]  # A top: the number of its layer, and its place among that layer's tops.


def insert_splits(param: caffe_pb2.NetParameter) -> caffe_pb2.NetParameter:
    """A copy of the net in which no top has more than one reader.

    A top that is read k > 1 times is followed by a Split layer with k tops, named as Caffe names them:
    layer `<blob>_<layer>_<top index>_split`, blobs `..._split_0`, `..._split_1`, ... A loss weight counts as
    a reader, and takes the first of them. Source: Caffe 1.0, `src/caffe/util/insert_splits.cpp`.
    """
    source, readers, loss_weight = _readers(param)
    split = caffe_pb2.NetParameter()
    split.CopyFrom(param)
    del split.layer[:]
    used: Counter[Top] = Counter(top for top, weight in loss_weight.items() if weight)
    for i, layer in enumerate(param.layer):
        copy = split.layer.add()
        copy.CopyFrom(layer)
        for j, blob in enumerate(layer.bottom):
            top = source[i, j]
            if readers[top] > 1:
                copy.bottom[j] = f"{_split_name(param, top, blob)}_{used[top]}"
                used[top] += 1
        for j, blob in enumerate(layer.top):
            if readers[i, j] > 1:
                weight = loss_weight.get((i, j), 0.0)
                if weight:
                    del copy.loss_weight[:]
                _add_split(split, _split_name(param, (i, j), blob), blob, readers[i, j], weight)
    return split


def written_names(layer: caffe_pb2.LayerParameter) -> dict[str, str]:
    """From the tops of a Split layer made by `insert_splits` to their name in the prototxt."""
    if layer.type != "Split" or not layer.name.startswith(f"{layer.bottom[0]}_") or not layer.name.endswith("_split"):
        return {}
    return {top: layer.bottom[0] for k, top in enumerate(layer.top) if top == f"{layer.name}_{k}"}


def _readers(
    param: caffe_pb2.NetParameter,
) -> tuple[dict[tuple[int, int], Top], Counter[Top], dict[Top, float]]:
    """For each bottom the top that it reads; for each top its number of readers, and its loss weight."""
    last_top: dict[str, Top] = {}
    source: dict[tuple[int, int], Top] = {}
    readers: Counter[Top] = Counter()
    loss_weight: dict[Top, float] = {}
    for i, layer in enumerate(param.layer):
        for j, blob in enumerate(layer.bottom):
            if blob not in last_top:
                raise NetError(
                    f"layer '{layer.name}' ({layer.type}): no layer before it makes its bottom '{blob}' "
                    f"(in the {caffe_pb2.Phase.Name(param.state.phase)} phase).{did_you_mean(blob, last_top)}"
                )
            source[i, j] = last_top[blob]
            readers[last_top[blob]] += 1
        for j, blob in enumerate(layer.top):
            last_top[blob] = (i, j)
        for j, weight in enumerate(layer.loss_weight[: len(layer.top)]):
            if weight:
                loss_weight[i, j] = weight
                readers[i, j] += 1
    return source, readers, loss_weight


def _split_name(param: caffe_pb2.NetParameter, top: Top, blob: str) -> str:
    return f"{blob}_{param.layer[top[0]].name}_{top[1]}_split"


def _add_split(net: caffe_pb2.NetParameter, name: str, blob: str, count: int, weight: float) -> None:
    layer = net.layer.add(name=name, type="Split", bottom=[blob])
    layer.top.extend(f"{name}_{k}" for k in range(count))
    if weight:
        layer.loss_weight.extend([weight] + [0.0] * (count - 1))
