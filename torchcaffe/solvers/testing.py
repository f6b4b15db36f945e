"""A test of a net: the means of its outputs over some batches."""

from collections.abc import Callable

import torch

from torchcaffe.glog import logger, number
from torchcaffe.net import Net
from torchcaffe.solvers.display import log_outputs


def run_test(net: Net, batches: int, with_loss: bool, stop: Callable[[], bool]) -> None:
    """Runs a net over `batches` batches, and logs the mean of each output, and `with_loss` of the loss.

    `stop` is called before each batch: if it returns True, the test is broken off and logs nothing.

    Source: Caffe 1.0, `Solver::Test`.
    """
    loss: torch.Tensor | None = None
    sums: list[torch.Tensor] = []
    for _ in range(batches):
        if stop():
            logger.info("Test interrupted.")
            return
        batch_loss = net.forward()
        loss = batch_loss if loss is None else loss + batch_loss
        values = [blob.data for _, blob, _ in net.outputs()]
        sums = [a + b for a, b in zip(sums, values, strict=True)] if sums else values
    if with_loss and loss is not None:
        logger.info("Test loss: %s", number(float(loss / batches)))
    log_outputs("Test", net, [total / batches for total in sums])
