"""Python layers in the `caffe` command: only where they are allowed."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from torchcaffe.cli.flags import parse
from torchcaffe.python_layers import python_layers_are_allowed

Result = tuple[int, str]

# y = w + 0 x with w learned, from 0; as one writes it for Caffe.
CODE = """
import caffe

class Learned(caffe.Layer):
    def setup(self, bottom, top):
        self.blobs.add_blob(1)
    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)
    def forward(self, bottom, top):
        top[0].data[...] = self.blobs[0].data[0]
    def backward(self, top, propagate_down, bottom):
        self.blobs[0].diff[0] += top[0].diff.sum()
"""
NET = """
layer { name: "in" type: "DummyData" top: "x" dummy_data_param { shape { dim: 1 } data_filler { value: 1 } } }
layer { name: "p" type: "Python" bottom: "x" top: "y" python_param { module: "persons_cli_layers" layer: "Learned" } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "x" top: "loss" }
"""


@pytest.fixture
def persons(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder with a net that has a Python layer, whose module can be found."""
    (folder / "net.prototxt").write_text(NET)
    (folder / "persons_cli_layers.py").write_text(f"open({str(folder / 'ran')!r}, 'w').close()\n{CODE}")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] in ("caffe", "persons_cli_layers")]:
        del sys.modules[name]


@pytest.mark.parametrize("command", [["time", "-model=net.prototxt"], ["train", "-solver=solver.prototxt"]])
def test_they_are_refused_by_default(
    caffe: Callable[..., Result], persons: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(persons)
    status, err = caffe(*command)
    assert status == 1
    assert err.splitlines()[-1] == (
        "error: layer 'p' (Python): it runs code, persons_cli_layers.Learned, and what a prototxt names is run only if "
        "that is allowed: if you trust it, add -allow_python_layers"
    )
    assert err.count("error: ") == 1
    assert not (persons / "ran").exists()


def test_train_and_test_run_them_where_they_are_allowed(caffe: Callable[..., Result], persons: Path) -> None:
    """With learning rate 0.5, momentum 0: w is 1 - 0.5^4 after four iterations, so the loss is 0.5^8 / 2."""
    (persons / "solver.prototxt").write_text(
        f'net: "{persons}/net.prototxt" base_lr: 0.5 lr_policy: "fixed" max_iter: 4 snapshot_prefix: "{persons}/s"'
    )
    status, err = caffe("train", "--allow-python-layers", f"-solver={persons}/solver.prototxt")
    assert (status, "Optimization Done." in err) == (0, True), err
    weights = persons / "s_iter_4.caffemodel"
    status, err = caffe(
        "test", f"-model={persons}/net.prototxt", f"-weights={weights}", "-iterations=1", "-allow_python_layers"
    )
    assert status == 0
    assert f"Loss: {0.5**8 / 2:g}\n" in err
    assert python_layers_are_allowed(), "the command's choice ends with it"


def test_a_program_that_has_another_caffe_keeps_it(caffe: Callable[..., Result], persons: Path) -> None:
    other = ModuleType("caffe")
    other.Layer = object
    sys.modules["caffe"] = other
    status, err = caffe("time", "--allow-python-layers", f"-model={persons}/net.prototxt")
    assert status == 1
    assert "expected a class that derives from caffe.Layer" in err.splitlines()[-1]
    assert sys.modules["caffe"] is other


def test_a_module_that_is_not_there_is_named(caffe: Callable[..., Result], persons: Path) -> None:
    (persons / "net.prototxt").write_text(NET.replace("persons_cli_layers", "persons_other_layers"))
    status, err = caffe("time", "--allow-python-layers", f"-model={persons}/net.prototxt")
    assert status == 1
    assert err.splitlines()[-1].startswith(
        "error: layer 'p' (Python): there is no Python module 'persons_other_layers'"
    )


def test_the_flag_is_off_unless_given() -> None:
    for arguments, expected in [
        ([], False),
        (["--allow-python-layers"], True),
        (["-allow_python_layers=false"], False),
    ]:
        assert parse(["time", *arguments])[1].allow_python_layers is expected
