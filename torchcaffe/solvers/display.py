"""The log lines that show a net's outputs."""

from collections.abc import Sequence

import torch

from torchcaffe.glog import logger, number
from torchcaffe.net import Net


def loss_note(weight: float, value: float) -> str:
    """The text after an output's value: ` (* 1 = 2.3 loss)` if it has a loss weight, else nothing."""
    return f" (* {number(weight)} = {number(weight * value)} loss)" if weight else ""


def log_outputs(phase: str, net: Net, values: Sequence[torch.Tensor]) -> None:
    """Logs every element of the net's outputs, `values` in their order, as `    Train net output #0: ...`."""
    index = 0
    for (name, _, weight), value in zip(net.outputs(), values, strict=True):
        for element in value.flatten().tolist():
            logger.info(
                "    %s net output #%d: %s = %s%s",
                phase,
                index,
                name,
                number(element),
                loss_note(weight, element),
            )
            index += 1
