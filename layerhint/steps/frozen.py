"""The proof that a step left its teacher alone: every frozen blob is bit for bit what it was."""

import hashlib
from dataclasses import replace
from pathlib import Path

from layerhint.errors import LayerhintError
from layerhint.records.training import FrozenProof
from layerhint.trainings.trainings import WeightSource
from torchcaffe.proto.binary import blob_to_array, read_caffemodel

Bits = dict[str, list[bytes]]


def prove_frozen(trained: Path, teacher: Path, frozen: WeightSource) -> FrozenProof:
    """Compares the frozen layers of a trained caffemodel with those of the one they came from, bit by bit.

    BatchNorm's three blobs (mean, variance, factor) are among them.

    Returns:
        The proof for the step's record; the SHA-256 in it is the same on both sides.

    Raises:
        LayerhintError: a blob differs, or a layer is not in the teacher; the message names the first one.
    """
    prefix = frozen.prefix
    after, kinds = _bits(trained, frozen)
    before, _ = _bits(teacher, replace(frozen, prefix=""))
    digest = hashlib.sha256()
    for layer, blobs in after.items():
        if layer not in before:
            raise LayerhintError(f"{trained}: its frozen layer '{prefix}{layer}' is not in the teacher {teacher}")
        for i, blob in enumerate(blobs):
            if i >= len(before[layer]) or blob != before[layer][i]:
                raise LayerhintError(
                    f"{trained}: blob {i} of frozen layer '{prefix}{layer}' is not bit for bit that of {teacher}: "
                    "the teacher moved during training, so this result cannot be used. Does the net freeze it "
                    "(lr_mult 0, decay_mult 0, use_global_stats)?"
                )
            digest.update(blob)
    if not after:
        raise LayerhintError(f"{trained} holds no layer '{prefix}...': nothing in it could be compared with {teacher}")
    return FrozenProof(
        teacher=str(teacher),
        layers=len(after),
        batch_norm_layers=sum(kind == "BatchNorm" for kind in kinds.values()),
        blobs=sum(map(len, after.values())),
        sha256=digest.hexdigest(),
        identical=True,
    )


def _bits(model: Path, frozen: WeightSource) -> tuple[Bits, dict[str, str]]:
    """The blobs and types of the frozen layers, by their names without the prefix."""
    bits, kinds = {}, {}
    for layer in read_caffemodel(model).layer:
        if layer.blobs and frozen.fills(layer.name):
            name = layer.name.removeprefix(frozen.prefix)
            bits[name] = [blob_to_array(blob).tobytes() for blob in layer.blobs]
            kinds[name] = layer.type
    return bits, kinds
