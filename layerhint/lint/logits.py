"""Class scores: the blob that a net has them in, and the layer that makes them."""

from dataclasses import dataclass

from layerhint.nets.generated_net import GeneratedNet
from layerhint.trainings.architecture import ResNet
from layerhint.trainings.trainings import Teacher


@dataclass(frozen=True)
class Logits:
    """A blob's name, and the last layer that makes it: a later one in place would change the scores."""

    blob: str
    layer: str

    def are_read(self, net: GeneratedNet, number: int, bottom: int = 0) -> bool:
        """Whether a bottom of layer `number` of a net reads these scores."""
        maker = net.layers[net.maker(number, bottom)]
        return (net.layers[number].bottom[bottom], maker.name) == (self.blob, self.layer)


def logits_of(net: Teacher, prefix: str = "", layer_prefix: str | None = None) -> Logits:
    """The logits of a net with `prefix` before the names of its blobs and, unless these have their own, its layers."""
    if isinstance(net, ResNet):
        layer = net.logits
    else:
        layer = next(layer.name for layer in reversed(net.below([net.logits])) if net.logits in layer.tops)
    return Logits(prefix + net.logits, (prefix if layer_prefix is None else layer_prefix) + layer)
