"""The params that a net learns: who owns them, who shares them, and their multipliers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from torchcaffe.blob import Blob, shape_string
from torchcaffe.glog import logger
from torchcaffe.layer_types.layer import Layer
from torchcaffe.proto import caffe_pb2


@dataclass
class Param:
    """A blob that the solver updates, with its multipliers (None: not said, so 1)."""

    blob: Blob
    layer: str
    index: int
    lr_mult: float | None
    decay_mult: float | None
    holders: list[tuple[Layer, int]] = field(default_factory=list)  # Layers with the blob, and its index there.

    @property
    def is_frozen(self) -> bool:
        """Whether backward leaves its diff at zero, and an update changes neither the diff nor the blob.

        Another layer that shares the blob may compute a gradient for it although its owner does not, and a Python layer
        may do so whatever the multipliers are.
        """
        unmoved = self.lr_mult == 0 and self.decay_mult == 0
        return unmoved and not any(
            layer.param_propagate_down[i] or layer.param.type == "Python" for layer, i in self.holders
        )


@dataclass
class Params:
    """Params in the order of the net; one that several layers share by name appears once.

    Source: Caffe 1.0, `Net::AppendParam`.
    """

    learnable: list[Param] = field(default_factory=list)
    _by_name: dict[str, Param] = field(default_factory=dict)

    def append(self, layer: Layer, written: Sequence[caffe_pb2.ParamSpec]) -> bool:
        """Adds a layer's params; returns whether one of them learns (lr_mult is not 0).

        As in Caffe, the specs `written` in the prototxt decide whether a param learns, and so what runs backward; its
        multipliers come from the specs that the layer has by now, since BatchNorm adds some with lr_mult 0.
        """
        count = len(layer.blobs)
        if len(written) > count:
            layer.fail(f"{len(written)} param specs, but it has {count} params: remove the rest")
        layer.param_propagate_down = [spec.lr_mult != 0 for spec in _filled_up(written, count)]
        for i, spec in enumerate(_filled_up(layer.param.param, count)):
            if spec.name and spec.name in self._by_name:
                self._share(layer, i, spec, self._by_name[spec.name])
            else:
                self._own(layer, i, spec)
        return any(layer.param_propagate_down)

    def _own(self, layer: Layer, index: int, spec: caffe_pb2.ParamSpec) -> None:
        param = Param(
            layer.blobs[index],
            layer.name,
            index,
            spec.lr_mult if spec.HasField("lr_mult") else None,
            spec.decay_mult if spec.HasField("decay_mult") else None,
            [(layer, index)],
        )
        self.learnable.append(param)
        if spec.name:
            self._by_name[spec.name] = param

    def _share(self, layer: Layer, index: int, spec: caffe_pb2.ParamSpec, owner: Param) -> None:
        logger.info("Sharing parameters '%s' owned by layer '%s', param index %d", spec.name, owner.layer, owner.index)
        mine, theirs = layer.blobs[index], owner.blob
        permissive = spec.share_mode == caffe_pb2.ParamSpec.PERMISSIVE
        fits = mine.count == theirs.count if permissive else mine.shape == theirs.shape
        if not fits:
            layer.fail(
                f"its param '{spec.name}' of shape {shape_string(mine.shape)} cannot share that of layer "
                f"'{owner.layer}', of shape {shape_string(theirs.shape)}"
            )
        mine.share(theirs)
        owner.holders.append((layer, index))
        for key in ("lr_mult", "decay_mult"):
            if not spec.HasField(key):
                continue
            known = getattr(owner, key)
            if known is not None and known != getattr(spec, key):
                layer.fail(f"its shared param '{spec.name}' has another {key} than in layer '{owner.layer}'")
            setattr(owner, key, getattr(spec, key))


def _filled_up(specs: Sequence[caffe_pb2.ParamSpec], count: int) -> list[caffe_pb2.ParamSpec]:
    """`specs`, filled up with empty specs to `count` of them."""
    return [*specs, *[caffe_pb2.ParamSpec()] * (count - len(specs))]
