"""Python: a layer that a class of the user's computes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from torchcaffe.layer_types import layer as core
from torchcaffe.layer_types.layer import Blobs, Place
from torchcaffe.proto import caffe_pb2
from torchcaffe.pycaffe.arrays import person_runs
from torchcaffe.pycaffe.blob import Blob
from torchcaffe.pycaffe.layer import Layer
from torchcaffe.python_layers import python_layers_are_allowed


class PythonLayer(core.Layer):
    """Does what the class `layer` of the module `module` does, both named by `python_param`.

    The module is imported as usual, from PYTHONPATH for example. The class derives from `torchcaffe.Layer`, which says
    what it defines. `share_in_parallel` has no meaning in one process.

    Raises:
        NetError: such layers are not allowed, or there is no such class. Exceptions of the user's code pass
            through, with a note of the layer's name.

    Source: Caffe 1.0, `include/caffe/layers/python_layer.hpp`.
    """

    def __init__(self, param: caffe_pb2.LayerParameter, place: Place) -> None:
        super().__init__(param, place)
        self._name = f"{param.python_param.module}.{param.python_param.layer}"
        if not python_layers_are_allowed():
            self.fail(
                f"it runs code, {self._name}, and what a prototxt names is run only if that is allowed: if you trust "
                "it, add -allow_python_layers"
            )
        cls = self._class()
        self.instance = cls._of(self)
        with self._noted("__init__"):
            cls.__init__(self.instance, param)

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        self.instance.param_str = self.param.python_param.param_str
        self.instance.phase = self.param.phase
        self._call("setup", _views(bottoms), _views(tops))

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        self._call("reshape", _views(bottoms), _views(tops))

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        for top in tops:
            top.data = top.data.clone()  # The user's code writes in place and may keep it.
        self._call("forward", _views(bottoms), _views(tops))

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        self._call("backward", _views(tops), list(propagate_down), _views(bottoms))

    def _class(self) -> type[Layer]:
        param = self.param.python_param
        if not all(part.isidentifier() for part in [*param.module.split("."), param.layer]):
            self.fail(
                f"its python_param has module '{param.module}' and layer '{param.layer}': expected names of Python"
            )
        try:
            with self._noted("import"):
                module = import_module(param.module)
        except ModuleNotFoundError as error:
            if error.name == "caffe":
                self.fail(
                    f"the module '{param.module}' imports caffe, which is not installed: call "
                    "torchcaffe.install_as_caffe() in your program, or run it by `python -m torchcaffe`, and "
                    "`import caffe` gives torchcaffe"
                )
            if not f"{param.module}.".startswith(f"{error.name}."):
                raise  # It is a module that the user's module imports.
            self.fail(f"there is no Python module '{param.module}': put the folder that holds it on PYTHONPATH")
        cls = getattr(module, param.layer, None)
        if not (isinstance(cls, type) and issubclass(cls, Layer)):
            self.fail(
                f"{self._name} is {cls!r}: expected a class that derives from caffe.Layer, with "
                "`import torchcaffe as caffe`, or with `import caffe` after torchcaffe.install_as_caffe()"
            )
        return cls

    def _call(self, name: str, *arguments: list[Any]) -> None:
        method: Callable[..., Any] | None = getattr(self.instance, name, None)
        if method is None:
            self.fail(f"its class {self._name} does not define `{name}`")
        with self._noted(name), person_runs():
            method(*arguments)

    @contextmanager
    def _noted(self, what: str) -> Iterator[None]:
        """Adds a note to exceptions of the user's code: the layer, and the method that was called."""
        try:
            yield
        except Exception as error:
            error.add_note(f"In layer '{self.name}' (Python): {self._name}.{what}")
            raise


def _views(blobs: Blobs) -> list[Blob]:
    return [Blob(blob) for blob in blobs]
