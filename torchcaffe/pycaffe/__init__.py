"""The interface of pycaffe: what a script finds in `caffe` after `import torchcaffe as caffe`.

Source: Caffe 1.0, `python/caffe/__init__.py`.
"""

import logging

from torchcaffe import __version__
from torchcaffe.layers import LAYERS
from torchcaffe.log import GlogFormatter, log_to_stderr, logger
from torchcaffe.mode import set_device, set_mode_cpu, set_mode_gpu
from torchcaffe.proto.caffe_pb2 import TEST, TRAIN
from torchcaffe.pycaffe import io, net_spec
from torchcaffe.pycaffe.net import Net
from torchcaffe.pycaffe.net_spec import NetSpec, layers, params, to_proto
from torchcaffe.pycaffe.solver import (
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    RMSPropSolver,
    SGDSolver,
    get_solver,
)
from torchcaffe.rng import set_random_seed

__all__ = [
    "TEST",
    "TRAIN",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "NesterovSolver",
    "Net",
    "NetSpec",
    "RMSPropSolver",
    "SGDSolver",
    "__version__",
    "get_solver",
    "init_log",
    "io",
    "layer_type_list",
    "layers",
    "net_spec",
    "params",
    "set_device",
    "set_mode_cpu",
    "set_mode_gpu",
    "set_random_seed",
    "to_proto",
]

_LEVELS = (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)


def init_log(level: int = 0, stderr: bool = True) -> None:
    """Shows log lines from a severity up: 0 INFO, 1 WARNING, 2 ERROR, 3 FATAL; they go to stderr in any case."""
    if not any(isinstance(handler.formatter, GlogFormatter) for handler in logger.handlers):
        log_to_stderr()
    logger.setLevel(_LEVELS[level])


def layer_type_list() -> list[str]:
    """The layer types that nets may have."""
    return sorted(LAYERS)
