"""A user's own net as a teacher: any Caffe net that is no ResNet of this project, as inert data.

`layerhint.trainings.own_net_file` reads one; `layerhint.rendering.frozen_layers` writes it into a training net.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from layerhint.errors import LayerhintError
from layerhint.trainings.architecture import FeatureMap
from layerhint.validation import nearest
from layerhint.wording import spelt

Shape = tuple[int, ...]


@dataclass(frozen=True)
class OwnLayer:
    """A layer as it is in tests: the blobs that it reads and makes, its params' shapes, its text as a prototxt's."""

    name: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    params: tuple[Shape, ...]
    text: str


@dataclass(frozen=True)
class OwnNet:
    """The layers from the images, the blob `input`, to the class scores, the blob `logits`, and to the hint layers.

    `shapes` are those of the blobs' last values for one image; `multiply_adds` as `layerhint.cost` counts them.
    """

    label: str
    file: str
    input: str
    logits: str
    layers: tuple[OwnLayer, ...]
    shapes: tuple[tuple[str, Shape], ...]
    multiply_adds: int

    @property
    def classes(self) -> int:
        """How many class scores there are."""
        return dict(self.shapes)[self.logits][0]

    def output(self, blob: str) -> FeatureMap:
        """Feature maps of the net, by their blob.

        Raises LayerhintError for a blob that it lacks, one that is no square feature maps, and one that depends on no
        weights.
        """
        shape = dict(self.shapes).get(blob)
        if shape is None:
            raise LayerhintError(f"{self.file} has no blob {blob!r}{nearest(blob, (name for name, _ in self.shapes))}")
        if len(shape) != 3 or shape[1] != shape[2]:
            said = spelt(shape)
            raise LayerhintError(f"{self.file}: blob {blob!r} is {said} an image, and hints are C x S x S feature maps")
        if not self.parts_below([blob]):
            raise LayerhintError(f"{self.file}: no layer with weights lies below blob {blob!r}: it can teach nothing")
        return FeatureMap(blob, shape[0], shape[1])

    def parts_below(self, blobs: Collection[str]) -> tuple[str, ...]:
        """The layers with weights that some blobs depend on, bottom to top."""
        return tuple(layer.name for layer in self.below(blobs) if layer.params)

    def below(self, blobs: Collection[str]) -> tuple[OwnLayer, ...]:
        """The layers that some blobs' last values depend on, bottom to top."""
        links = [(layer.bottoms, layer.tops) for layer in self.layers]
        return tuple(self.layers[place] for place in places_below(links, blobs, self.input))


def places_below(
    links: Sequence[tuple[Sequence[str], Sequence[str]]], blobs: Collection[str], images: str
) -> tuple[int, ...]:
    """The numbers, in running order, of the layers that the last values of some blobs depend on.

    `links` are each layer's bottoms and tops. A layer that works in place makes a new value of a blob, which depends on
    the one before. Layers that make the blob `images` from nothing are left out.
    """
    needed = set(blobs)
    found = []
    for place, (bottoms, tops) in reversed(list(enumerate(links))):
        made = needed.intersection(tops)
        if made and (made != {images} or bottoms):
            found.append(place)
            needed = needed - set(tops) | set(bottoms)
    return tuple(reversed(found))
