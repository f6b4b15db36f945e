"""What the tests of the pycaffe interface share: nets from text, and Python layers that a test writes."""

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

import torchcaffe as caffe
from torchcaffe.pycaffe import arrays


@pytest.fixture
def net_of(tmp_path: Path) -> Callable[..., caffe.Net]:
    """A net from the text of its prototxt, in TRAIN unless told otherwise."""

    def build(text: str, phase: int = caffe.TRAIN) -> caffe.Net:
        (tmp_path / "net_of.prototxt").write_text(text)
        return caffe.Net(str(tmp_path / "net_of.prototxt"), phase)

    return build


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Writes a module for Python layers, which it may find as `caffe.Layer`; gives its name."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names = []

    def write(code: str) -> str:
        names.append(f"persons_layers_{len(names)}")
        text = f"import torchcaffe as caffe\n{textwrap.dedent(code)}"
        (tmp_path / f"{names[-1]}.py").write_text(text)
        importlib.invalidate_caches()
        return names[-1]

    yield write
    for name in names:
        sys.modules.pop(name, None)


_gpu = pytest.param("GPU", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))


@pytest.fixture(params=["host", "out of reach", _gpu])
def memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nets on the CPU; the same as if their memory were out of numpy's reach, as a GPU's is; and on a GPU."""
    if request.param == "out of reach":
        monkeypatch.setattr(arrays, "_in_host_memory", lambda tensor: False)
    if request.param == "GPU":
        caffe.set_mode_gpu()
    yield
    caffe.set_mode_cpu()
