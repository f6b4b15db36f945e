"""The names that `import torchcaffe as caffe` gives, each loaded when it is asked for.

For type checkers and editors, which do not run this, `__init__.pyi` says the same.
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from torchcaffe.nearest import did_you_mean

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
NAMES = sorted({*_MODULES, *_HOMES, "torchcaffe_version"})


def get(name: str) -> Any:
    """What the package has by a name; AttributeError if there is none such."""
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


class Package(ModuleType):
    """This package, with a twist for three names that it shares with pycaffe.

    `torchcaffe.layers` and `torchcaffe.params` are modules of the implementation. In pycaffe the names stand for
    what NetSpec is written with: `layers.Convolution(...)`, `params.Pooling.MAX`. Both hold: as such a module
    becomes an attribute of the package, it learns to give the capitalised names that it does not define itself.
    Likewise the module `torchcaffe.log` can be called, as pycaffe's function `log` is.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _PSEUDO_MODULES and isinstance(value, ModuleType):
            value.__dict__["__getattr__"] = _from_net_spec(name)
            value.__dict__["__dir__"] = _dir_of_net_spec(name)
        if name == "log" and isinstance(value, ModuleType):
            value.__class__ = _Log
        super().__setattr__(name, value)


class _Log(ModuleType):
    def __call__(self, message: str) -> None:
        """Writes a line of severity INFO."""
        self.__dict__["log_by_default"]()
        self.__dict__["logger"].info("%s", message)


def _from_net_spec(module: str) -> Callable[[str], Any]:
    def get(name: str) -> Any:
        if not name[:1].isupper():
            raise AttributeError(f"module 'torchcaffe.{module}' has no attribute '{name}'")
        return getattr(getattr(import_module("torchcaffe.net_spec"), module), name)

    return get


def _dir_of_net_spec(module: str) -> Callable[[], list[str]]:
    """For `dir`: what scripts take from the module, and not what the implementation does."""
    return lambda: dir(getattr(import_module("torchcaffe.net_spec"), module))
