"""Warns of a net that its caffemodels fill only in part: it does not compute what was trained."""

from collections.abc import Mapping, Sequence

from torchcaffe.glog import logger
from torchcaffe.net import Net
from torchcaffe.weights.matching import Copied

_NAMED = 5


def warn_of_partial_weights(net: Net, copied: Sequence[Copied], weights: str) -> None:
    """Warns of the net's layers that took no params from the caffemodels `weights`.

    A second line names the caffemodels' layers that the net lacks: they may be the same under other names. If all of
    the net is filled, nothing is logged: it may lack some of their layers, such as a teacher's.

    A layer that shares all its params with one that was found has got them too, and so has one whose params the
    prototxt gives in `blobs`.
    """
    filled = {name for each in copied for name in each.found}
    known = {blob.data.data_ptr() for layer in net.layers if layer.name in filled for blob in layer.blobs}
    learned = [layer for layer in net.layers if layer.blobs]
    lacking = [
        layer.name
        for layer in learned
        if not (layer.param.blobs or known.issuperset(blob.data.data_ptr() for blob in layer.blobs))
    ]
    if not lacking:
        return
    logger.warning(
        "%d of %d layers with params are not in %s and keep their fillers' values: %s",
        len(lacking),
        len(learned),
        weights,
        _some(lacking),
    )
    passed_over = list(dict.fromkeys(name for each in copied for name in each.passed_over))
    if passed_over:
        logger.warning(
            "%d layer(s) of %s with params are not in the net, and are not used: %s",
            len(passed_over),
            weights,
            _some(passed_over),
        )


def warn_of_unused_weights(net: Net, copied: Mapping[str, Copied]) -> None:
    """Warns of each caffemodel, by its file, from which no layer of the net has taken params.

    To start from a part of the net's layers is fine; if no layer matches, it is the wrong file.
    """
    learned = {layer.name for layer in net.layers if layer.blobs}
    for file, each in copied.items():
        if not learned.isdisjoint(each.found):
            continue
        if each.passed_over:
            lacking = f"the net has none of its {len(each.passed_over)} layers with params ({_some(each.passed_over)})"
        else:
            lacking = "it has no layer with params"
        logger.warning("%s is not used: %s", file, lacking)


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:_NAMED], *(["..."] if len(names) > _NAMED else [])])
