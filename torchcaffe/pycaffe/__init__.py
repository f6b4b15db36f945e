"""The interface of pycaffe: what a script finds in `caffe` after `import torchcaffe as caffe`.

Here is what Caffe's compiled module `_caffe` and `pycaffe.py` give. The rest are modules of the package itself, named
as Caffe's: `torchcaffe.io`, `net_spec`, `coord_map`, `draw`, `classifier`, `detector`.
Source: Caffe 1.0, `python/caffe/__init__.py`.
"""

from torchcaffe import __version__
from torchcaffe.layers import LAYERS
from torchcaffe.log import log_to_stderr, severity_of_environment
from torchcaffe.mode import set_device, set_mode_cpu, set_mode_gpu
from torchcaffe.proto.caffe_pb2 import TEST, TRAIN
from torchcaffe.pycaffe.layer import Layer
from torchcaffe.pycaffe.net import Net
from torchcaffe.pycaffe.parallel import (
    NCCL,
    has_nccl,
    set_multiprocess,
    set_solver_count,
    set_solver_rank,
    solver_count,
    solver_rank,
)
from torchcaffe.pycaffe.solver import (
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    RMSPropSolver,
    SGDSolver,
    get_solver,
)
from torchcaffe.pycaffe.timer import Timer
from torchcaffe.rng import set_random_seed

__all__ = [
    "NCCL",
    "TEST",
    "TRAIN",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "Layer",
    "NesterovSolver",
    "Net",
    "RMSPropSolver",
    "SGDSolver",
    "Timer",
    "__version__",
    "get_solver",
    "has_nccl",
    "init_log",
    "layer_type_list",
    "set_device",
    "set_mode_cpu",
    "set_mode_gpu",
    "set_multiprocess",
    "set_random_seed",
    "set_solver_count",
    "set_solver_rank",
    "solver_count",
    "solver_rank",
]


def init_log(level: int | None = None, stderr: bool = True) -> None:
    """Shows log lines from a severity up: 0 INFO, 1 WARNING, 2 ERROR, 3 FATAL; by default from $GLOG_minloglevel up.

    They go to stderr in any case. A net, a solver or `log` does the same unasked, unless the program has set the
    log up by itself (`torchcaffe.log.log_by_default`).
    """
    log_to_stderr(severity_of_environment() if level is None else level)


def layer_type_list() -> list[str]:
    """The layer types that nets may have."""
    return sorted(LAYERS)
