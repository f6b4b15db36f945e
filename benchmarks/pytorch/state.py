"""Params of a Caffe net as the state dicts of the same nets in PyTorch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Blobs = Sequence[npt.NDArray[Any]]
_TEACHER = "teacher/"


def state_dicts(params: Mapping[str, Blobs]) -> dict[str, dict[str, Tensor]]:
    """The student's and, if there is one, the teacher's state dict, from the blobs of each layer of a net."""
    states: dict[str, dict[str, Tensor]] = {}
    for layer, blobs in params.items():
        net = "teacher" if layer.startswith(_TEACHER) else "student"
        states.setdefault(net, {}).update(_entries(layer.removeprefix(_TEACHER), blobs))
    return states


def _entries(layer: str, blobs: Blobs) -> dict[str, Tensor]:
    """A layer's blobs under PyTorch's names; nothing for the convolution that only subsamples."""
    part, _, kind = layer.rpartition("/")
    if kind == "subsample":
        return {}
    if kind == "regressor":
        return _named(f"regressors.{part}", {"weight": blobs[0]})
    if kind == "bn":
        mean, variance, factor = (np.asarray(blob) for blob in blobs)
        scale = 1 / factor[0] if factor[0] else 0.0
        values = {"running_mean": mean * scale, "running_var": variance * scale, "num_batches_tracked": np.array(0)}
        return _named(f"{_module(part)}.bn", values)
    if kind == "scale":
        return _named(f"{_module(part)}.bn", {"weight": blobs[0], "bias": blobs[1]})
    if layer == "fc":
        return _named("fc", {"weight": blobs[0], "bias": blobs[1]})
    return _named(f"{_module(layer)}.conv", {"weight": blobs[0]})


def _module(name: str) -> str:
    """`conv1`, or `blocks.res1_1.conv2` for `res1_1/conv2`."""
    return ".".join(["blocks", *name.split("/")]) if "/" in name else name


def _named(module: str, values: Mapping[str, npt.NDArray[Any]]) -> dict[str, Tensor]:
    return {f"{module}.{name}": torch.tensor(np.asarray(value)) for name, value in values.items()}
