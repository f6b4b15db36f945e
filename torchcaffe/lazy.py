"""The names of `import torchcaffe as caffe`, each loaded when it is first used.

`__init__.pyi` lists the same names for type checkers and editors, which do not run this.
"""

from importlib import import_module
from typing import Any

from torchcaffe.nearest import did_you_mean

_MODULES = ("classifier", "coord_map", "detector", "draw", "io", "net_spec", "proto", "pycaffe")
_NAMES_OF_MODULES = {
    "as_caffe": ("install_as_caffe",),
    "classifier": ("Classifier",),
    "detector": ("Detector",),
    "glog": ("init_log", "log"),
    "layer_types": ("layer_type_list",),
    "mode": ("set_device", "set_mode_cpu", "set_mode_gpu"),
    "net_spec": ("NetSpec", "layers", "params", "to_proto"),
    "proto.caffe_pb2": ("TEST", "TRAIN"),
    "pycaffe.layer": ("Layer",),
    "pycaffe.net": ("Net",),
    "pycaffe.parallel": (
        *("NCCL", "has_nccl", "set_multiprocess"),
        *("set_solver_count", "set_solver_rank", "solver_count", "solver_rank"),
    ),
    "pycaffe.solver": (
        *("AdaDeltaSolver", "AdaGradSolver", "AdamSolver", "NesterovSolver", "RMSPropSolver", "SGDSolver"),
        "get_solver",
    ),
    "pycaffe.timer": ("Timer",),
    "rng": ("set_random_seed",),
}
_HOMES = {name: module for module, names in _NAMES_OF_MODULES.items() for name in names}
NAMES = sorted([*_MODULES, *_HOMES, "torchcaffe_version"])


def get(name: str) -> Any:
    """The package's attribute `name`; AttributeError if there is none."""
    if name == "torchcaffe_version":
        return _version()
    if name in _MODULES:
        return import_module(f"torchcaffe.{name}")
    if name in _HOMES:
        return getattr(import_module(f"torchcaffe.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'torchcaffe' has no attribute '{name}'.{did_you_mean(name, NAMES)}")


def _version() -> str:
    from importlib import metadata  # Takes longer to import than all the rest.

    try:
        return metadata.version("layerhint")
    except metadata.PackageNotFoundError:
        # Run from a checkout that was never installed.
        return "0+unknown"
