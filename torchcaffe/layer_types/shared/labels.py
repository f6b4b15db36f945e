"""Class labels as layers read them: numbers in a float blob, one for each prediction."""

import torch

from torchcaffe.blob import Blob, shape_string
from torchcaffe.errors import DataError
from torchcaffe.layer_types.layer import Layer


def check_label_count(layer: Layer, scores: Blob, labels: Blob, axis: int) -> None:
    """Refuses a net whose labels are not one for each place of the scores outside their class axis."""
    classes = scores.shape[axis]
    wanted = scores.count // classes if classes else 0
    if labels.count != wanted:
        layer.fail(
            f"predictions of shape {shape_string(scores.shape)} with classes along axis {axis} need {wanted} "
            f"labels, from 0 to {classes - 1}, but '{layer.bottom_names[1]}' has shape "
            f"{shape_string(labels.shape)}"
        )


def read_labels(
    layer: Layer, labels: torch.Tensor, scores: torch.Tensor, axis: int, ignore: int | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """The class of each prediction, and its weight: 1, or 0 where the label is `ignore`.

    Both have the scores' shape with 1 in place of the class axis; the class is an integer and always a valid
    one. A label that is no class is a `DataError` on the CPU. On another device, where a check would make the
    CPU wait, such a label has the weight NaN, which shows in every result.
    """
    shape = [*scores.shape[:axis], 1, *scores.shape[axis + 1 :]]
    classes = scores.shape[axis]
    index = labels.to(torch.int64).view(shape)
    known = index.clamp(0, classes - 1)
    # With no classes at all the clamp gives -1.
    wrong = known != index if classes else torch.ones_like(index, dtype=torch.bool)
    counts = torch.ones_like(index, dtype=scores.dtype)
    if ignore is not None:
        ignored = index == ignore
        wrong &= ~ignored
        counts.masked_fill_(ignored, 0)
    if wrong.is_cpu and bool(wrong.any()):
        raise DataError(
            f"layer '{layer.name}' ({layer.param.type}): label {int(index[wrong][0])} in "
            f"'{layer.bottom_names[1]}', but there are {classes} classes, 0 to {classes - 1}: correct the "
            "labels, or give the layer that makes the predictions a larger num_output"
        )
    return known, counts.masked_fill_(wrong, torch.nan)
