"""What a record says of the frozen layers of a net that was trained."""

from layerhint.records.recorded import Recorded


class FrozenProof(Recorded):
    """Whether the frozen layers are bit for bit those of the `teacher`, a caffemodel; None where none is frozen.

    How many layers and blobs were compared, how many layers have the three blobs of a BatchNorm, and the SHA-256 of all
    blobs.
    """

    teacher: str | None
    layers: int = 0
    batch_norm_layers: int = 0
    blobs: int = 0
    sha256: str = ""
    identical: bool = False


NOTHING_FROZEN = FrozenProof(teacher=None)
