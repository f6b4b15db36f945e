"""The interface of pycaffe: what a script finds in `caffe` after `import torchcaffe as caffe`.

This package has the contents of Caffe's compiled module `_caffe` and of `pycaffe.py`. The rest are modules of
torchcaffe, named as Caffe's: `torchcaffe.io`, `net_spec`, `coord_map`, `draw`, `classifier`, `detector`.
Source: Caffe 1.0, `python/caffe/__init__.py`.
"""

from typing import Any

from torchcaffe import lazy

__all__ = [*lazy.NAMES]


def __getattr__(name: str) -> Any:
    """`caffe.pycaffe.Net` and so on: as in Caffe, the same as `caffe.Net`."""
    return lazy.get(name)


def __dir__() -> list[str]:
    return __all__
