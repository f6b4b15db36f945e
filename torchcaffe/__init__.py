"""Caffe 1.0's formats and exact semantics on PyTorch.

Importing this package loads no torch: file formats live in `torchcaffe.proto`, the pycaffe interface in
`torchcaffe.pycaffe` and in modules named as Caffe's (`torchcaffe.io` and so on). All names are loaded when they are
asked for: `import torchcaffe as caffe` gives what `import caffe` gives with Caffe. After `install_as_caffe()` so does
`import caffe`, for code that is not to be edited.

`__version__` is Caffe's, whose interface this is; torchcaffe's own is `torchcaffe_version`.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "1.0.0"
torchcaffe_version: str

_PSEUDO_MODULES = {"layers", "params"}
_MODULES = {
    "classifier",
    "coord_map",
    "detector",
    "draw",
    "io",
    "layers",
    "log",
    "net_spec",
    "params",
    "proto",
    "pycaffe",
}
# Named one by one: a name that is asked for while a module of this package is being imported must not load pycaffe.
_PYCAFFE = {
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "Layer",
    "NCCL",
    "Net",
    "NesterovSolver",
    "RMSPropSolver",
    "SGDSolver",
    "TEST",
    "TRAIN",
    "Timer",
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
}
_HOMES = {
    "Classifier": "classifier",
    "Detector": "detector",
    "install_as_caffe": "as_caffe",
    "NetSpec": "net_spec",
    "to_proto": "net_spec",
    **dict.fromkeys(_PYCAFFE, "pycaffe"),
}


def _version() -> str:
    from importlib import metadata  # Takes longer to import than all the rest.

    try:
        return metadata.version("layerhint")
    except metadata.PackageNotFoundError:
        # Run from a checkout that was never installed.
        return "0+unknown"


def __getattr__(name: str) -> Any:
    if name == "torchcaffe_version":
        return _version()
    if name in _MODULES:
        return import_module(f"torchcaffe.{name}")
    if name in _HOMES:
        return getattr(import_module(f"torchcaffe.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'torchcaffe' has no attribute '{name}'")


class _Package(ModuleType):
    """This package, with a twist for three names that it shares with pycaffe.

    `torchcaffe.layers` and `torchcaffe.params` are modules of the implementation. In pycaffe the names stand for
    what NetSpec is written with: `layers.Convolution(...)`, `params.Pooling.MAX`. Both hold: as such a module
    becomes an attribute of the package, it learns to give the capitalised names that it does not define itself.
    Likewise the module `torchcaffe.log` can be called, as pycaffe's function `log` is.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _PSEUDO_MODULES and isinstance(value, ModuleType):
            value.__dict__["__getattr__"] = _from_net_spec(name)
        if name == "log" and isinstance(value, ModuleType):
            value.__class__ = _Log
        super().__setattr__(name, value)


class _Log(ModuleType):
    def __call__(self, message: str) -> None:
        """Writes a line of severity INFO."""
        self.__dict__["log_by_default"]()
        self.__dict__["logger"].info("%s", message)


def _from_net_spec(module: str) -> Any:
    def get(name: str) -> Any:
        if not name[:1].isupper():
            raise AttributeError(f"module 'torchcaffe.{module}' has no attribute '{name}'")
        return getattr(getattr(import_module("torchcaffe.net_spec"), module), name)

    return get


sys.modules[__name__].__class__ = _Package
