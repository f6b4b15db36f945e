"""Caffe 1.0's formats and exact semantics on PyTorch.

Importing this package loads no torch: file formats live in `torchcaffe.proto`, the pycaffe interface in
`torchcaffe.pycaffe` and in modules named as Caffe's (`torchcaffe.io` and so on). All names are loaded when they are
asked for: `import torchcaffe as caffe` gives what `import caffe` gives with Caffe. After `install_as_caffe()` so does
`import caffe`, for code that is not to be edited.

`__version__` is Caffe's, whose interface this is; torchcaffe's own is `torchcaffe_version`.
"""

from typing import Any

from torchcaffe import lazy

__version__ = "1.0.0"
__all__ = [*lazy.NAMES]


def __getattr__(name: str) -> Any:
    return lazy.get(name)


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
