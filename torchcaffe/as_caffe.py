"""Makes `import caffe` give torchcaffe, for code that is not to be edited."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

from torchcaffe.errors import CaffeError

_CAFFE = "caffe"


def install_as_caffe() -> None:
    """From now on `import caffe` gives torchcaffe, `import caffe.io` torchcaffe.io, and so on: the same objects.

    This holds for the whole process, and takes precedence over any other caffe that Python could find. A second call
    does nothing. Raises CaffeError if another caffe is imported already.
    """
    known = sys.modules.get(_CAFFE)
    if known not in (None, sys.modules["torchcaffe"]):
        raise CaffeError(
            f"caffe is imported already, from {getattr(known, '__file__', None) or 'memory'}: call "
            "torchcaffe.install_as_caffe() before anything imports caffe"
        )
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        # At the front: Python's own finder would load the files in `caffe.__path__` again, as other modules.
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds `caffe` and `caffe.*`: torchcaffe's module with the same rest of the name."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        name, dot, rest = fullname.partition(".")
        if name != _CAFFE:
            return None
        found = find_spec(f"torchcaffe{dot}{rest}")
        return found and ModuleSpec(fullname, _Loader(found.name), origin=found.origin)


class _Loader(Loader):
    """Gives an imported module under a second name, and leaves it unchanged."""

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # The import by the other name has replaced it.
