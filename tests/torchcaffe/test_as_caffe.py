"""`import caffe` that gives torchcaffe. Each test in a process of its own: what is imported stays so."""

import os
import subprocess
import sys
from pathlib import Path

FORMS = """
import torchcaffe
torchcaffe.install_as_caffe()
torchcaffe.install_as_caffe()
import caffe
import caffe.io
import caffe.proto.caffe_pb2
import caffe.net_spec as net_spec
from caffe import layers as L, params as P
from caffe.proto import caffe_pb2
from caffe.io import load_image
import torchcaffe.io, torchcaffe.net_spec, torchcaffe.proto.caffe_pb2

assert caffe is torchcaffe
assert caffe.io is torchcaffe.io and load_image is torchcaffe.io.load_image
assert caffe_pb2 is caffe.proto.caffe_pb2 is torchcaffe.proto.caffe_pb2
assert net_spec is torchcaffe.net_spec
assert L is torchcaffe.layers is net_spec.layers and P.Pooling.MAX == 0
assert "Convolution" in str(caffe.to_proto(L.Convolution(L.Input())))
import importlib, sys
for name, module in list(sys.modules.items()):
    if name.partition(".")[0] == "caffe":
        assert module is sys.modules["torch" + name] and module.__spec__.name == "torch" + name, name
try:
    import caffe.nowhere
except ModuleNotFoundError as error:
    assert error.name == "caffe.nowhere", error.name
else:
    raise AssertionError
"""

OTHER = """
import caffe, torchcaffe
try:
    torchcaffe.install_as_caffe()
except torchcaffe.errors.CaffeError as error:
    print(error)
import sys
assert not any(type(finder).__module__ == "torchcaffe.as_caffe" for finder in sys.meta_path)
"""


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", code]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)


def test_every_form_of_import_gives_the_same_objects(tmp_path: Path) -> None:
    (tmp_path / "caffe.py").write_text("raise AssertionError('another caffe, that is found later')")
    done = run(FORMS, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_is_refused_beside_another_caffe(tmp_path: Path) -> None:
    (tmp_path / "caffe.py").write_text("")
    done = run("import torchcaffe.errors\n" + OTHER, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"caffe is imported already, from {tmp_path / 'caffe.py'}: call torchcaffe.install_as_caffe() before anything "
        "imports caffe\n"
    )
