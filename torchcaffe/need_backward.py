"""Which layers of a net have to run backward, and to which of their bottoms."""

from torchcaffe.glog import logger
from torchcaffe.node import Node


def plan_backward(nodes: list[Node], blob_names: list[str], force: bool) -> None:
    """Drops backward work that no loss needs; with `force`, asks every layer for every gradient.

    On entry `need_backward` of each node says whether it or a layer before it learns. It stays true only if a
    loss depends on the node, and if not all of its tops are cut off by `propagate_down: false`.
    Source: Caffe 1.0, `Net::Init`.
    """
    under_loss: set[str] = set()
    cut_off: set[str] = set()
    for node in reversed(nodes):
        tops = [blob_names[i] for i in node.top_ids]
        bottoms = [blob_names[i] for i in node.bottom_ids]
        contributes = any(node.layer.loss_weights) or not under_loss.isdisjoint(tops)
        if node.need_backward and cut_off.issuperset(tops):
            node.need_backward = False
            node.bottom_need_backward = [False] * len(bottoms)
        if not contributes:
            node.need_backward = False
            node.bottom_need_backward = [False] * len(bottoms)
        else:
            under_loss.update(bottoms)
        cut_off.update(b for b, need in zip(bottoms, node.bottom_need_backward, strict=True) if not need)
        logger.info(
            "%s %s backward computation.",
            node.layer.name,
            "needs" if node.need_backward else "does not need",
        )
    if force:
        for node in nodes:
            node.need_backward = True
            node.bottom_need_backward = [
                need or node.layer.allows_force_backward(j) for j, need in enumerate(node.bottom_need_backward)
            ]
            node.layer.param_propagate_down = [True] * len(node.layer.blobs)
