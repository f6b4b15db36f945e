"""An experiment's nets and hint/guided pairs, as far as the report draws them."""

from layerhint.records.recorded import Recorded


class DrawnPart(Recorded):
    """A part of a net, the shape (C, H, W) of what it puts out, how many weighted layers it has."""

    name: str
    shape: tuple[int, ...]
    weighted: int


class DrawnPair(Recorded):
    """A hint loss: its training and blob, the two layers, the shape that they are compared in, the loss weight, and the
    kernel of the regressor or None."""

    training: str
    loss: str
    hint: str
    guided: str
    shape: tuple[int, ...]
    weight: float
    regressor: int | None


class DrawnNets(Recorded):
    """The parts of each net from the images up, and the pairs by method."""

    teacher: tuple[DrawnPart, ...]
    student: tuple[DrawnPart, ...]
    pairs: dict[str, tuple[DrawnPair, ...]]
