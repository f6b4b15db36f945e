"""`caffe time`: measures how long a net takes, layer by layer."""

from collections.abc import Callable
from functools import partial
from time import perf_counter

import torch

from torchcaffe.cli.devices import gpu_from_flag, use_device
from torchcaffe.cli.flags import Flags, UsageError
from torchcaffe.cli.nets import build_net, check_iterations
from torchcaffe.glog import logger, number
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2


def time(flags: Flags) -> int:
    """Runs -iterations forward and backward passes of -model, with the weights of its fillers.

    Backward is measured for every layer, also for those that a training would not run backward. The times of layers do
    not add up to those of passes exactly: each is measured to its end.
    Source: Caffe 1.0, `tools/caffe.cpp`.
    """
    if not flags.model:
        raise UsageError("time needs a net: -model FILE")
    if flags.phase not in ("", "TRAIN", "TEST"):
        raise UsageError(f"-phase is '{flags.phase}': it must be TRAIN or TEST")
    check_iterations(flags)
    use_device(flags, gpu_from_flag(flags.gpu), fast=False)
    net = build_net(flags, caffe_pb2.TEST if flags.phase == "TEST" else caffe_pb2.TRAIN)
    logger.info("Performing Forward")
    logger.info("Initial loss: %s", number(float(net.forward())))
    logger.info("Performing Backward")
    net.backward()
    net.set_debug_info(False)  # As in Caffe, only the two passes above are logged.
    logger.info("*** Benchmark begins ***")
    logger.info("Testing for %d iterations.", flags.iterations)
    _report(net, flags.iterations, *_measure(net, flags.iterations))
    logger.info("*** Benchmark ends ***")
    return 0


def _measure(net: Net, iterations: int) -> tuple[list[float], list[float], float]:
    """Milliseconds over all iterations: of each layer forward, of each layer backward, and of everything."""
    last = len(net.nodes) - 1
    forward = [0.0] * (last + 1)
    backward = [0.0] * (last + 1)
    begin = perf_counter()
    for j in range(iterations):
        start = perf_counter()
        for i in range(last + 1):
            forward[i] += _milliseconds(net, partial(net.forward_from_to, i, i))
        for i in range(last, -1, -1):
            backward[i] += _milliseconds(net, partial(net.run_backward, net.nodes[i]))
        logger.info("Iteration: %d forward-backward time: %s ms.", j + 1, number((perf_counter() - start) * 1e3))
    return forward, backward, (perf_counter() - begin) * 1e3


def _milliseconds(net: Net, run: Callable[[], object]) -> float:
    start = perf_counter()
    run()
    if net.place.device.type == "cuda":
        torch.cuda.synchronize(net.place.device)
    return (perf_counter() - start) * 1e3


def _report(net: Net, iterations: int, forward: list[float], backward: list[float], total: float) -> None:
    logger.info("Average time per layer: ")
    for i, name in enumerate(net.layer_names):
        logger.info("%10s\tforward: %s ms.", name, number(forward[i] / iterations))
        logger.info("%10s\tbackward: %s ms.", name, number(backward[i] / iterations))
    logger.info("Average Forward pass: %s ms.", number(sum(forward) / iterations))
    logger.info("Average Backward pass: %s ms.", number(sum(backward) / iterations))
    logger.info("Average Forward-Backward: %s ms.", number(total / iterations))
    logger.info("Total Time: %s ms.", number(total))
