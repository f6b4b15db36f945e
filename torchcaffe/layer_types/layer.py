"""The base of all layers: setup, reshape, forward and backward, on bottom and top blobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, NoReturn

import torch

from torchcaffe import fillers
from torchcaffe.blob import Blob, Shape, ShapeError, shape_string
from torchcaffe.boost import Rng
from torchcaffe.errors import NetError, WeightsError
from torchcaffe.memory import check_memory
from torchcaffe.proto import caffe_pb2
from torchcaffe.stored_blob import read_blob, stored_shape

Blobs = Sequence[Blob]


@dataclass(frozen=True)
class Place:
    """A net's device, element type, and the generator that its fillers draw from."""

    device: torch.device
    dtype: torch.dtype
    rng: Rng


class Layer:
    """A node of the net.

    A layer type lives in the file of its name in snake case, as a subclass that
    - says how many blobs it takes (`exact_bottoms` or `min_bottoms`/`max_bottoms`, likewise tops);
    - in `setup` reads its parameters, refuses wrong ones (`self.fail`) and adds its params (`self.add_param`);
    - in `reshape` gives each top its shape from the bottoms' shapes;
    - in `forward` binds `top.data`, and keeps what backward needs on `self`;
    - in `backward` binds `bottom.diff` where `propagate_down` says so, and *adds* to the diff of each param
      whose `param_propagate_down` is set.

    Tensors are bound, never written into: `top.data = f(bottom.data)`. A layer that is used in place thus
    needs no copy of its own, as long as backward uses what forward kept and not `bottom.data`.

    Source: Caffe 1.0, `include/caffe/layer.hpp`.
    """

    exact_bottoms: ClassVar[int | None] = None
    min_bottoms: ClassVar[int] = 0
    max_bottoms: ClassVar[int | None] = None
    exact_tops: ClassVar[int | None] = None
    min_tops: ClassVar[int] = 0
    max_tops: ClassVar[int | None] = None
    auto_tops: ClassVar[bool] = False  # Whether missing tops are added, without a name (loss layers).

    def __init__(self, param: caffe_pb2.LayerParameter, place: Place) -> None:
        self.param = param
        self.place = place
        self.bottom_names = list(param.bottom)  # For errors; a net replaces Split's tops by the prototxt's names.
        self.blobs: list[Blob] = []
        self.param_propagate_down: list[bool] = []
        self.loss_weights: list[float] = []
        self.has_run = False  # Whether it ran forward, and so has kept what backward needs.

    # What a layer type defines.

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        """Reads the layer's parameters and makes its params; runs once."""

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        """Shapes the tops to suit the bottoms; runs before every forward."""
        raise TypeError(f"{type(self).__name__} does not say its tops' shapes")

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        raise TypeError(f"{type(self).__name__} has no forward pass")

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if any(propagate_down):
            self.fail("it cannot propagate a gradient to its bottoms")

    def allows_force_backward(self, bottom_index: int) -> bool:
        """Whether `force_backward` may ask for this bottom's gradient."""
        return True

    def default_loss_weight(self, top_index: int) -> float:
        """The weight of a top in the net's loss where the prototxt gives none."""
        return 0.0

    def get_state(self) -> dict[str, Any] | None:
        """The state besides params that a snapshot must keep (a data cursor, say), as JSON values; None without one."""
        return None

    def set_state(self, state: dict[str, Any]) -> None:
        """Restores what `get_state` returned."""

    # What the net and the layer types use.

    @property
    def name(self) -> str:
        return self.param.name

    @property
    def train(self) -> bool:
        return self.param.phase == caffe_pb2.TRAIN

    def set_up(self, bottoms: Blobs, tops: Blobs) -> None:
        """Checks the number of blobs, sets the layer up and shapes its tops."""
        self._check_count("bottom", len(bottoms), self.exact_bottoms, self.min_bottoms, self.max_bottoms)
        self._check_count("top", len(tops), self.exact_tops, self.min_tops, self.max_tops)
        try:
            self.setup(bottoms, tops)
            self._check_given_blobs()
            self.reshape(bottoms, tops)
        except ShapeError as error:
            self.fail(str(error))
        except ArithmeticError as error:
            self.fail(f"with its numbers nothing can be computed: {error}")
        given = self.param.loss_weight
        if given and len(given) != len(tops):
            self.fail(f"{len(given)} loss_weight for {len(tops)} tops: give none, or one a top")
        self.loss_weights = [given[i] if given else self.default_loss_weight(i) for i in range(len(tops))]
        if not given and any(self.loss_weights):
            given.extend(self.loss_weights)  # So that a caffemodel holds them, as Caffe's do.
        for top, weight in zip(tops, self.loss_weights, strict=True):
            if weight:
                top.diff = torch.full_like(top.diff, weight)

    def run_forward(self, bottoms: Blobs, tops: Blobs) -> torch.Tensor | None:
        """Reshapes, runs forward, and returns this layer's share of the net's loss (a 0-d tensor, or None)."""
        self.reshape(bottoms, tops)
        self.forward(bottoms, tops)
        self.has_run = True
        return self.weigh(tops)

    def weigh(self, tops: Blobs) -> torch.Tensor | None:
        """This layer's share of the net's loss: the sum of data times diff over its tops that have a weight.

        The diff is the weight, unless a script has written something else there. A new shape resets it to the weight.
        """
        loss: torch.Tensor | None = None
        for top, weight in zip(tops, self.loss_weights, strict=True):
            if weight:
                if not top.has_diff:
                    top.diff = torch.full_like(top.data, weight)
                part = top.data * top.diff
                part = part.sum() if part.dim() else part
                loss = part if loss is None else loss + part
        return loss

    def add_param(self, shape: Shape, filler: caffe_pb2.FillerParameter | None = None) -> Blob:
        """Adds a param blob of this shape, with the values of the prototxt's `blobs`, else of `filler`, else zero."""
        blob = Blob(shape, self.place.device, self.place.dtype)
        if len(self.blobs) < len(self.param.blobs):
            self._read_given(len(self.blobs), blob)
        elif filler is not None:
            blob.data.copy_(self.draw(shape, filler))
        self.blobs.append(blob)
        self.param_propagate_down.append(True)
        return blob

    def draw(self, shape: Shape, filler: caffe_pb2.FillerParameter) -> torch.Tensor:
        """A filler's numbers in this shape, on the CPU; refuses a filler that cannot make them."""
        check_memory(prod(shape) * self.place.dtype.itemsize, f"a blob of shape {shape_string(shape)}", ShapeError)
        try:
            return torch.from_numpy(fillers.fill(shape, filler, self.place.rng)).to(self.place.dtype)
        except NetError as error:
            self.fail(str(error))

    def canonical_axis(self, blob: Blob, axis: int) -> int:
        """A possibly negative axis of a blob, counted from the front; refuses an axis that the blob lacks."""
        try:
            return blob.canonical_axis(axis)
        except IndexError as error:
            self.fail(f"there is no {error}")

    def fail(self, what: str) -> NoReturn:
        """Refuses the layer: `NetError` with its name and type."""
        raise NetError(f"layer '{self.name}' ({self.param.type}): {what}")

    def _read_given(self, index: int, blob: Blob) -> None:
        """Fills a param with the prototxt's blob `index`; no random numbers are drawn for it then."""
        given = self.param.blobs[index]
        shape = stored_shape(given, blob.shape)
        if shape != blob.shape:
            self.fail(
                f"its `blobs` number {index} has the shape {shape_string(shape)}, but the param is of shape "
                f"{shape_string(blob.shape)}"
            )
        try:
            read_blob(given, blob, f"its `blobs` number {index}")
        except WeightsError as error:
            self.fail(str(error))

    def _check_given_blobs(self) -> None:
        given = len(self.param.blobs)
        if given and given != len(self.blobs):
            self.fail(f"it has {given} `blobs` in the prototxt, and {len(self.blobs)} param(s): give all, or none")

    def _check_count(self, side: str, got: int, exact: int | None, least: int, most: int | None) -> None:
        if exact is not None and got != exact:
            self.fail(f"it takes exactly {exact} {side} blob(s), but the prototxt gives {got}")
        if got < least:
            self.fail(f"it takes at least {least} {side} blob(s), but the prototxt gives {got}")
        if most is not None and got > most:
            self.fail(f"it takes at most {most} {side} blob(s), but the prototxt gives {got}")


class NeuronLayer(Layer):
    """A layer with one bottom and one top of the same shape: y = f(x), element by element."""

    exact_bottoms = 1
    exact_tops = 1

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        tops[0].reshape(*bottoms[0].shape)


class LossLayer(Layer):
    """A layer whose first top is a scalar loss, by default with weight 1; the top is added if it is not named."""

    exact_bottoms: ClassVar[int | None] = 2
    exact_tops: ClassVar[int | None] = 1
    auto_tops = True

    def default_loss_weight(self, top_index: int) -> float:
        return 1.0 if top_index == 0 else 0.0

    def allows_force_backward(self, bottom_index: int) -> bool:
        return bottom_index != 1  # The labels.

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        if bottoms[0].shape[:1] != bottoms[1].shape[:1]:
            self.fail(
                f"its bottoms '{self.bottom_names[0]}' and '{self.bottom_names[1]}' have shapes "
                f"{shape_string(bottoms[0].shape)} and {shape_string(bottoms[1].shape)}: a loss needs as many "
                "items of each"
            )
        tops[0].reshape()
