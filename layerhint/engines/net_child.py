"""A net in a process of its own: `python -m layerhint.engines.net_child MODULE MODEL [WEIGHTS]`.

MODULE is a pycaffe, torchcaffe's or the real one; the net runs on the CPU, in TEST. Without WEIGHTS it has what its
fillers draw. Requests come from stdin, each a line of JSON; the replies are arrays on stdout (see `pipe`):

    {"forward": ["fc", "prob"]}, then an array: the net's input  ->  each of these blobs
    {"time": 128}: a batch size                                  ->  milliseconds of each forward pass
"""

import json
import os
import sys
from importlib import import_module
from typing import IO, Any

import numpy as np

from layerhint.caffe_command import ERROR
from layerhint.engines.pipe import receive, send
from layerhint.timing import run_times

SPREAD = 50
"""About that of pixels less their mean: of normal numbers in their place, which are neither all zero nor denormal."""


def main() -> int:
    module, model, *weights = sys.argv[1:]
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # What a Caffe prints must not come between the replies.
    caffe = import_module(module)
    caffe.set_mode_cpu()
    try:
        net = caffe.Net(model, *weights, caffe.TEST)
        if not weights:
            _make_batch_norm_neutral(net)
        _serve(net, sys.stdin.buffer, replies)
    except Exception as error:
        print(f"{ERROR}{error}", file=sys.stderr)
        return 1
    return 0


def _serve(net: Any, requests: IO[bytes], replies: IO[bytes]) -> None:
    for line in requests:
        request = json.loads(line)
        if "time" in request:
            send(replies, np.array(_time(net, request["time"])))
        else:
            outputs = _forward(net, receive(requests), request["forward"])
            for name in request["forward"]:
                send(replies, np.asarray(outputs[name], dtype=np.float32))


def _forward(net: Any, images: Any, blobs: list[str]) -> Any:
    data = net.blobs[net.inputs[0]]
    data.reshape(*images.shape)
    net.reshape()
    data.data[...] = images
    return net.forward(blobs=blobs)


def _time(net: Any, batch: int) -> list[float]:
    shape = (batch, *net.blobs[net.inputs[0]].data.shape[1:])
    _forward(net, np.random.default_rng(0).normal(scale=SPREAD, size=shape), [])
    return run_times(net.forward)


def _make_batch_norm_neutral(net: Any) -> None:
    """Mean 0, variance 1: the statistics that BatchNorm starts from, all 0, would make every value overflow."""
    for layer in net.layers:
        if layer.type == "BatchNorm":
            layer.blobs[1].data[...] = 1
            layer.blobs[2].data[...] = 1


if __name__ == "__main__":
    sys.exit(main())
