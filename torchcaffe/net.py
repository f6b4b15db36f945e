"""The net: layers in running order, the blobs between them, the params they learn."""

from collections.abc import Callable, Iterator
from itertools import compress
from typing import Protocol

import torch

from torchcaffe import mode
from torchcaffe.blob import Blob, shape_string
from torchcaffe.debug_info import DebugInfo
from torchcaffe.errors import NetError
from torchcaffe.glog import logger, number
from torchcaffe.layer_types import create_layer
from torchcaffe.layer_types.layer import Layer, Place
from torchcaffe.need_backward import plan_backward
from torchcaffe.net_params import Params
from torchcaffe.net_state import filter_net
from torchcaffe.node import Node
from torchcaffe.proto import caffe_pb2
from torchcaffe.rng import global_rng
from torchcaffe.split import insert_splits, written_names


class Runner(Protocol):
    """What can replace a net's own forward and backward passes (see `torchcaffe.fast`)."""

    def forward(self) -> torch.Tensor: ...

    def backward(self) -> None: ...


class Net:
    """A net built from a prototxt, in one phase.

    Layers keep the order of the file. `forward_from_to` and `backward_from_to` run a range of them.

    Args:
        param: the net; its `state` says phase, level and stages.
        device: where its blobs live; by default where `mode` says.
        dtype: element type; float32 as in Caffe, float64 to tell rounding from mistakes.

    Raises:
        NetError: a net that cannot be built; the message names the layer.

    Source: Caffe 1.0, `src/caffe/net.cpp`.
    """

    def __init__(
        self,
        param: caffe_pb2.NetParameter,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.param = insert_splits(filter_net(param))
        self.name = self.param.name
        self.phase = self.param.state.phase
        self.place = Place(device if device is not None else mode.device(), dtype, global_rng())
        self.nodes: list[Node] = []
        self.blobs: list[Blob] = []
        self.blob_names: list[str] = []
        self.blob_loss_weights: list[float] = []
        self.input_ids: list[int] = []
        self.output_ids: list[int] = []
        self.params = Params()
        self.program: Runner | None = None
        self.before_forward: list[Callable[[int], None]] = []
        self.after_forward: list[Callable[[int], None]] = []
        self.before_backward: list[Callable[[int], None]] = []
        self.after_backward: list[Callable[[int], None]] = []
        self._debug: DebugInfo | None = None
        self._unread: dict[str, int] = {}  # Tops that no layer has read so far, by name.
        self._blob_id: dict[str, int] = {}
        self._written: dict[str, str] = {}  # From the names of Split's tops to those in the prototxt.
        self._need_backward: list[bool] = []  # By blob.
        for layer_param in self.param.layer:
            self._append(layer_param)
        plan_backward(self.nodes, self.blob_names, self.param.force_backward)
        for name in sorted(self._unread):
            logger.info("This network produces output %s", name)
            self.output_ids.append(self._unread[name])
        self.set_debug_info(self.param.debug_info)
        logger.info("Network initialization done.")

    # Looking things up.

    @property
    def layers(self) -> list[Layer]:
        return [node.layer for node in self.nodes]

    @property
    def layer_names(self) -> list[str]:
        return [node.layer.name for node in self.nodes]

    def blob(self, name: str) -> Blob:
        """The blob of this name (the last one, if layers work in place)."""
        return self.blobs[self._blob_id[name]]

    def layer(self, name: str) -> Layer:
        return next(node.layer for node in self.nodes if node.layer.name == name)

    def outputs(self) -> Iterator[tuple[str, Blob, float]]:
        """Name, blob and loss weight of each blob that no layer reads, in order of their names."""
        for i in self.output_ids:
            yield self.blob_names[i], self.blobs[i], self.blob_loss_weights[i]

    def weighed_tops(self) -> list[Blob]:
        """The tops with a loss weight, which is held in their diff."""
        return [self.blobs[i] for node in self.nodes for i in compress(node.top_ids, node.layer.loss_weights)]

    @property
    def is_watched(self) -> bool:
        """Whether there are callbacks around single layers (`debug_info` has some)."""
        return bool(self.before_forward or self.after_forward or self.before_backward or self.after_backward)

    # Running.

    def forward(self) -> torch.Tensor:
        """Runs every layer forward; gives the weighted sum of the losses (0-d tensor, on the device).

        The net's `program` does it, if there is one and the net is not watched.
        """
        if self.program is not None and not self.is_watched:
            return self.program.forward()
        return self.forward_from_to(0, len(self.nodes) - 1)

    def forward_from_to(self, start: int, end: int) -> torch.Tensor:
        """Runs layers `start` to `end`, both included, forward; gives their losses' weighted sum."""
        loss = torch.zeros((), device=self.place.device, dtype=self.place.dtype)
        with torch.no_grad():
            for i in range(start, end + 1):
                for hook in self.before_forward:
                    hook(i)
                node = self.nodes[i]
                part = node.layer.run_forward(self._bottoms(node), self._tops(node))
                if part is not None:
                    loss = loss + part
                for hook in self.after_forward:
                    hook(i)
        return loss

    def backward(self) -> None:
        """Runs every layer that needs it backward, as `forward` ran, and adds to the params' diffs."""
        if self.program is not None and not self.is_watched:
            self.program.backward()
            return
        self.backward_from_to(len(self.nodes) - 1, 0)
        if self._debug:
            self._debug.log_norms()

    def backward_from_to(self, start: int, end: int) -> None:
        """Runs layers `start` down to `end`, both included, backward."""
        with torch.no_grad():
            for i in range(start, end - 1, -1):
                for hook in self.before_backward:
                    hook(i)
                if self.nodes[i].need_backward:
                    self.run_backward(self.nodes[i])
                for hook in self.after_backward:
                    hook(i)

    def run_backward(self, node: Node) -> None:
        """Runs a layer backward, whether it needs that or not."""
        with torch.no_grad():
            node.layer.backward(self._tops(node), node.bottom_need_backward, self._bottoms(node))

    def set_debug_info(self, wanted: bool, on: bool = True) -> None:
        """Sets whether the net logs what goes through its layers; while `on` is false it is ready to, but logs nothing.

        At first the net's own `debug_info` decides; a solver overrides it.
        """
        if wanted and not self._debug:
            self._debug = DebugInfo(self)
        elif self._debug and not wanted:
            self._debug.remove()
            self._debug = None
        if self._debug:
            self._debug.on = on

    def reshape(self) -> None:
        """Carries a changed input shape through the net."""
        for node in self.nodes:
            node.layer.reshape(self._bottoms(node), self._tops(node))

    def share_trained_layers_with(self, other: "Net") -> None:
        """Makes the params of this net's layers those of `other`'s layers of the same name (one storage).

        Of several layers of one name the first takes them. Source: Caffe 1.0, `Net::ShareTrainedLayersWith`.
        """
        mine = {layer.name: layer for layer in reversed(self.layers)}
        for source in other.layers:
            if source.name not in mine:
                logger.info("Ignoring source layer %s", source.name)
                continue
            target = mine[source.name]
            if [b.shape for b in target.blobs] != [b.shape for b in source.blobs]:
                raise NetError(
                    f"layer '{source.name}': its params are {_shapes(target)} in net '{self.name}' but "
                    f"{_shapes(source)} in net '{other.name}': they cannot be shared"
                )
            for target_blob, source_blob in zip(target.blobs, source.blobs, strict=True):
                target_blob.share_data(source_blob)

    # Building.

    def _bottoms(self, node: Node) -> list[Blob]:
        return [self.blobs[i] for i in node.bottom_ids]

    def _tops(self, node: Node) -> list[Blob]:
        return [self.blobs[i] for i in node.top_ids]

    def _append(self, param: caffe_pb2.LayerParameter) -> None:
        if not param.HasField("phase"):
            param.phase = self.phase
        layer = create_layer(param, self.place)
        layer.bottom_names = [self._written.get(name, name) for name in param.bottom]
        self._written |= written_names(param)
        if param.propagate_down and len(param.propagate_down) != len(param.bottom):
            layer.fail(f"{len(param.propagate_down)} propagate_down for {len(param.bottom)} bottoms")
        logger.info("Creating Layer %s", layer.name)
        node = Node(layer, [], [], [])
        need = False
        for j, name in enumerate(param.bottom):
            need |= self._append_bottom(node, j, name)
        for j, name in enumerate(param.top):
            self._append_top(node, j, name)
        if layer.auto_tops:
            for _ in range(len(param.top), max(layer.min_tops, layer.exact_tops or 0)):
                node.top_ids.append(self._new_blob("(automatic)"))
        written = list(param.param)
        layer.set_up(self._bottoms(node), self._tops(node))
        logger.info("Setting up %s", layer.name)
        for i, weight in zip(node.top_ids, layer.loss_weights, strict=True):
            self.blob_loss_weights[i] = weight
            logger.info("Top shape: %s", shape_string(self.blobs[i].shape))
            if weight:
                logger.info("    with loss weight %s", number(weight))
        if param.type == "Input":
            self.input_ids.extend(node.top_ids)
        need |= self.params.append(layer, written)
        node.need_backward = need
        for i in node.top_ids:
            self._need_backward[i] |= need
        self.nodes.append(node)

    def _append_bottom(self, node: Node, index: int, name: str) -> bool:
        """Connects a bottom; returns whether its blob carries a gradient."""
        if name not in self._unread:
            written = node.layer.bottom_names[index]
            node.layer.fail(f"its bottom '{written}' has been overwritten in place, or read, by another layer")
        logger.info("%s <- %s", node.layer.name, name)
        blob_id = self._unread.pop(name)
        node.bottom_ids.append(blob_id)
        carries = self._need_backward[blob_id]
        propagate_down = node.layer.param.propagate_down
        node.bottom_need_backward.append(propagate_down[index] if propagate_down else carries)
        return carries

    def _append_top(self, node: Node, index: int, name: str) -> None:
        bottoms = node.layer.param.bottom
        if index < len(bottoms) and name == bottoms[index]:
            logger.info("%s -> %s (in-place)", node.layer.name, name)
            blob_id = self._blob_id[name]
        elif name in self._blob_id:
            node.layer.fail(f"its top '{name}' is a top of another layer already: rename one of them")
        else:
            logger.info("%s -> %s", node.layer.name, name)
            blob_id = self._new_blob(name)
            self._blob_id[name] = blob_id
        node.top_ids.append(blob_id)
        self._unread[name] = blob_id

    def _new_blob(self, name: str) -> int:
        self.blobs.append(Blob((), self.place.device, self.place.dtype))
        self.blob_names.append(name)
        self.blob_loss_weights.append(0.0)
        self._need_backward.append(False)
        return len(self.blobs) - 1


def _shapes(layer: Layer) -> str:
    return "[" + ", ".join(shape_string(blob.shape) for blob in layer.blobs) + "]"
