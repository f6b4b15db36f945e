"""`caffe test`: scores a net."""

import torch

from torchcaffe.cli.devices import gpu_from_flag, use_device
from torchcaffe.cli.flags import Flags, UsageError
from torchcaffe.cli.nets import build_net, check_iterations
from torchcaffe.cli.partial_weights import warn_of_partial_weights
from torchcaffe.fast import compile_net
from torchcaffe.fast.allocator import keep_memory
from torchcaffe.glog import logger, number
from torchcaffe.graph import record_forward, recorder_for
from torchcaffe.proto import caffe_pb2
from torchcaffe.solvers.display import loss_note
from torchcaffe.weights.caffemodel import copy_trained_layers_from


def test(flags: Flags) -> int:
    """Runs -iterations batches of -model in the TEST phase with -weights; logs each batch's outputs and their means.

    Unlike Caffe, it warns if the caffemodels leave layers of the net as their fillers made them.

    Source: Caffe 1.0, `tools/caffe.cpp`.
    """
    if not flags.model:
        raise UsageError("test needs a net: -model FILE")
    if not flags.weights:
        raise UsageError("test needs the net's weights: -weights FILE")
    check_iterations(flags)
    use_device(flags, gpu_from_flag(flags.gpu))
    net = build_net(flags, caffe_pb2.TEST)
    files = filter(None, map(str.strip, flags.weights.split(",")))
    warn_of_partial_weights(net, [copy_trained_layers_from(net, file) for file in files], flags.weights)
    if not flags.plain:
        keep_memory()
        net.program = record_forward(net, compile_net(net, backward=False), recorder_for(net.place.device))
    logger.info("Running for %d iterations.", flags.iterations)
    loss = torch.zeros((), device=net.place.device)
    sums: list[torch.Tensor] = []
    for i in range(flags.iterations):
        loss = loss + net.forward()
        values = [blob.data for _, blob, _ in net.outputs()]
        sums = [a + b for a, b in zip(sums, values, strict=True)] if sums else values
        for (name, _, _), value in zip(net.outputs(), values, strict=True):
            for element in value.flatten().tolist():
                logger.info("Batch %d, %s = %s", i, name, number(element))
    logger.info("Loss: %s", number(float(loss / flags.iterations)))
    for (name, _, weight), total in zip(net.outputs(), sums, strict=True):
        for mean in (total / flags.iterations).flatten().tolist():
            logger.info("%s = %s%s", name, number(mean), loss_note(weight, mean))
    return 0
