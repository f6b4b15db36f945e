"""What `import torchcaffe as caffe` offers: to a script, at the prompt, and to a type checker."""

import ast
import inspect
import pydoc
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import torchcaffe as caffe
from torchcaffe import layers as L  # noqa: N812
from torchcaffe import net_spec
from torchcaffe import params as P  # noqa: N812
from torchcaffe.layer_types import LAYERS, layer_class

ROOT = Path(__file__).parents[2]
STUB = ast.parse((ROOT / "torchcaffe/__init__.pyi").read_text())


def in_a_process_of_its_own(code: str) -> str:
    """What the code prints; the names that have not been loaded yet are asked for there."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def annotations(class_name: str) -> dict[str, str]:
    (found,) = (node for node in STUB.body if isinstance(node, ast.ClassDef) and node.name == class_name)
    return {node.target.id: ast.unparse(node.annotation) for node in found.body if isinstance(node, ast.AnnAssign)}


def test_dir_shows_what_there_is_before_anything_is_loaded() -> None:
    shown = in_a_process_of_its_own(
        "import sys, torchcaffe as caffe; print(*(name for name in dir(caffe) if name[0] != '_')); "
        "assert 'torch' not in sys.modules and 'torchcaffe.pycaffe' not in sys.modules"
    )
    assert shown.split() == caffe.__all__ == sorted(caffe.__all__)
    assert {"Net", "SGDSolver", "TEST", "Classifier", "NetSpec", "io", "layers", "log"} < set(caffe.__all__)
    assert {"__all__", "__doc__", "__path__", "__version__"} < set(dir(caffe))


def test_a_star_brings_them_all() -> None:
    code = "from torchcaffe import *; print(Net.__name__, io.__name__, layers.ReLU.__name__, TEST, 'sys' in globals())"
    assert in_a_process_of_its_own(code).split() == ["Net", "torchcaffe.io", "ReLU", "1", "False"]


def test_every_name_is_there() -> None:
    assert all(getattr(caffe, name) is not None for name in caffe.__all__)
    with pytest.raises(AttributeError, match=r"module 'torchcaffe' has no attribute 'Nett'\. Did you mean 'Net'\?"):
        _ = caffe.Nett


def test_help_shows_the_classes() -> None:
    text = pydoc.plain(pydoc.render_doc(caffe))
    for part in ("class Net(", "class SGDSolver(", "set_mode_gpu() -> None", "TEST = 1", "VERSION\n    1.0.0"):
        assert part in text, part


def test_dir_of_layers_and_params_is_what_nets_are_written_with() -> None:
    assert dir(L) == sorted(LAYERS)
    assert {"Pooling", "Data", "Filler", "Solver"} < set(dir(P))
    assert all(issubclass(getattr(net_spec.params, name), net_spec.Message) for name in dir(P))
    with pytest.raises(AttributeError, match=r"no message PolingParameter\. Did you mean 'Pooling'"):
        _ = P.Poling


@pytest.mark.parametrize("layer_type", sorted(LAYERS))
def test_a_layer_function_is_named_and_says_what_the_layer_does(layer_type: str) -> None:
    function = getattr(net_spec.layers, layer_type)
    assert function.__name__ == function.__qualname__ == layer_type
    assert (inspect.getdoc(layer_class(layer_type)) or "nothing") in function.__doc__


def test_help_of_a_layer_function() -> None:
    text = pydoc.plain(pydoc.render_doc(L.Pooling))
    assert "Pooling(*inputs: Any, **params: Any)" in text
    assert "Parameters of pooling_param: pool, kernel_size, stride," in text


def test_the_stub_names_what_there_is_and_the_same_things() -> None:
    imported = {
        alias.asname: (node.module, alias.name)
        for node in STUB.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname and not alias.asname.startswith("_")
    }
    declared = {node.target.id for node in STUB.body if isinstance(node, ast.AnnAssign)}
    assert imported.keys() | declared == {*caffe.__all__, "__version__"}
    assert declared == {"__version__", "torchcaffe_version", "layers", "params"}
    for name, (module, its_name) in imported.items():
        assert getattr(caffe, name) is getattr(import_module(module), its_name), name


def test_the_stub_names_every_layer_type_and_message() -> None:
    assert annotations("_Layers") == dict.fromkeys(dir(L), "_LayerFunction")
    assert annotations("_Params") == {name: f"type[_pb.{name}Parameter]" for name in dir(P)}


USER = """
import torchcaffe as caffe
from torchcaffe import layers as L, params as P

net: caffe.Net = caffe.Net("a.prototxt", caffe.TEST)
n = caffe.NetSpec()
n.data = L.Input(shape=dict(dim=[1, 3, 4, 4]))
n.pool = L.Pooling(n.data, pool=P.Pooling.MAX)
caffe.log("x")
solver = caffe.get_solver(caffe.io.__file__)
solver.net.blobs["data"].data[...] = 0
caffe.Nett
L.Convolutin()
P.Pooling.MAXX
"""


@pytest.mark.slow
@pytest.mark.timeout(600)  # mypy reads PyTorch once, unless its cache has it.
def test_a_type_checker_finds_the_mistakes_and_no_others(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "user.py").write_text(USER)
    command = [sys.executable, "-m", "mypy", "--no-error-summary", str(tmp_path / "user.py")]
    said = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True).stdout.splitlines()
    assert [line.partition("error: ")[2].partition(";")[0] for line in said] == [
        'Module has no attribute "Nett"',
        '"_Layers" has no attribute "Convolutin"',
        '"type[PoolingParameter]" has no attribute "MAXX"  [attr-defined]',
    ]
