"""The proof that a step left its teacher alone: every frozen blob is bit for bit what it was."""

import hashlib
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from torchcaffe.proto.binary import blob_to_array, read_caffemodel

Bits = dict[str, list[bytes]]


def prove_frozen(trained: Path, teacher: Path, prefix: str) -> dict[str, Any]:
    """Compares the `prefix` layers of a trained caffemodel with the teacher's, blob by blob, bit by bit.

    BatchNorm's three blobs (mean, variance, factor) are among them.

    Returns:
        The proof for the step's record: how many layers and blobs were compared, how many layers have the
        three blobs of a BatchNorm, and the SHA-256 of all of them, which is the same on both sides.

    Raises:
        LayerhintError: a blob differs, or a layer is not in the teacher; the message names the first one.
    """
    after, kinds = _bits(trained, prefix)
    before, _ = _bits(teacher, "")
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
        raise LayerhintError(f"{trained} holds no layer '{prefix}...': there is no teacher in it to compare")
    return {
        "teacher": str(teacher),
        "layers": len(after),
        "batch_norm_layers": sum(kind == "BatchNorm" for kind in kinds.values()),
        "blobs": sum(map(len, after.values())),
        "sha256": digest.hexdigest(),
        "identical": True,
    }


def _bits(model: Path, prefix: str) -> tuple[Bits, dict[str, str]]:
    layers = [layer for layer in read_caffemodel(model).layer if layer.blobs and layer.name.startswith(prefix)]
    bits = {
        layer.name.removeprefix(prefix): [blob_to_array(blob).tobytes() for blob in layer.blobs] for layer in layers
    }
    return bits, {layer.name.removeprefix(prefix): layer.type for layer in layers}
