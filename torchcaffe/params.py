"""The params that a net learns: who owns them, who shares them, and their multipliers."""

from dataclasses import dataclass, field

from torchcaffe.blob import Blob, shape_string
from torchcaffe.layers.layer import Layer
from torchcaffe.log import logger
from torchcaffe.proto import caffe_pb2


@dataclass
class Param:
    """A blob that the solver updates, with its multipliers (None: not said, so 1)."""

    blob: Blob
    layer: str
    index: int
    lr_mult: float | None
    decay_mult: float | None


@dataclass
class Params:
    """Params in the order of the net; one that several layers share by name appears once.

    Source: Caffe 1.0, `Net::AppendParam`.
    """

    learnable: list[Param] = field(default_factory=list)
    _by_name: dict[str, Param] = field(default_factory=dict)

    def append(self, layer: Layer) -> bool:
        """Takes in a layer's params; says whether one of them learns (lr_mult is not 0)."""
        specs = list(layer.param.param)
        if len(specs) > len(layer.blobs):
            layer.fail(f"{len(specs)} param specs, but it has {len(layer.blobs)} params: remove the rest")
        specs += [caffe_pb2.ParamSpec()] * (len(layer.blobs) - len(specs))
        layer.param_propagate_down = [spec.lr_mult != 0 for spec in specs]
        for i, spec in enumerate(specs):
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
        for key in ("lr_mult", "decay_mult"):
            if not spec.HasField(key):
                continue
            said = getattr(owner, key)
            if said is not None and said != getattr(spec, key):
                layer.fail(f"its shared param '{spec.name}' has another {key} than in layer '{owner.layer}'")
            setattr(owner, key, getattr(spec, key))
