"""Python layers: what Caffe's own tests of them check, learning, and what is refused."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import torchcaffe as caffe
from torchcaffe import layers as L  # noqa: N812
from torchcaffe.errors import NetError
from torchcaffe.python_layers import python_layers

Build = Callable[..., caffe.Net]
Module = Callable[[str], str]

# y = k x + b for the number k in param_str and one learned b; dk is not learned.
AFFINE = """
class Affine(caffe.Layer):
    def setup(self, bottom, top):
        if len(bottom) != 1:
            raise Exception("takes one bottom")
        self.factor = float(self.param_str)
        self.blobs.add_blob(1)

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom, top):
        top[0].data[...] = self.factor * bottom[0].data + self.blobs[0].data[0]

    def backward(self, top, propagate_down, bottom):
        self.blobs[0].diff[0] += top[0].diff.sum()
        if propagate_down[0]:
            bottom[0].diff[...] = self.factor * top[0].diff
"""
# sum((a - b)^2) / 2N, as the example that comes with Caffe: forward keeps an array for backward.
LOSS = """
class Loss(caffe.Layer):
    def setup(self, bottom, top):
        pass

    def reshape(self, bottom, top):
        if bottom[0].count != bottom[1].count:
            raise Exception("the inputs differ in size")
        self.diff = __import__("numpy").zeros_like(bottom[0].data)
        top[0].reshape(1)

    def forward(self, bottom, top):
        self.diff[...] = bottom[0].data - bottom[1].data
        top[0].data[...] = (self.diff**2).sum() / bottom[0].num / 2

    def backward(self, top, propagate_down, bottom):
        for i, sign in enumerate((1, -1)):
            if propagate_down[i]:
                bottom[i].diff[...] = sign * self.diff / bottom[i].num
"""


def python(module: str, layer: str, name: str = "p", bottom: str = "x", top: str = "y", rest: str = "") -> str:
    bottoms = f'bottom: "{bottom}"' if bottom else ""
    return (
        f'layer {{ type: "Python" name: "{name}" {bottoms} top: "{top}" '
        f'python_param {{ module: "{module}" layer: "{layer}" {rest} }} }}\n'
    )


INPUT = 'layer { type: "Input" name: "in" top: "x" input_param { shape { dim: 2 dim: 3 dim: 5 } } }\n'
FORCE = "force_backward: true\n"


@pytest.fixture
def chain(net_of: Build, module: Module, memory: None) -> caffe.Net:
    """z = -2 (10 x + b) + c."""
    name = module(AFFINE)
    first = python(name, "Affine", "ten", rest='param_str: "10"')
    return net_of(FORCE + INPUT + first + python(name, "Affine", "minus", "y", "z", 'param_str: "-2"'))


def test_forward_and_backward(chain: caffe.Net) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 5)).astype(np.float32)
    chain.params["ten"][0].data[0] = 3
    np.testing.assert_allclose(chain.forward(x=x)["z"], -20 * x - 6, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(chain.backward(z=x)["x"], -20 * x, rtol=1e-5)
    np.testing.assert_allclose(chain.params["ten"][0].diff, [-2 * x.sum()], rtol=1e-4)


def test_backward_before_forward_is_the_classs_own_matter(chain: caffe.Net) -> None:
    chain.blobs["z"].diff[...] = 7
    chain.backward()
    np.testing.assert_array_equal(chain.blobs["x"].diff, np.full((2, 3, 5), -140))


def test_reshape_carries_through(chain: caffe.Net) -> None:
    chain.blobs["x"].reshape(4, 6)
    chain.forward()
    assert [blob.data.shape for blob in chain.blobs.values()] == [(4, 6)] * 3


def test_a_nets_layer_is_the_persons_object(chain: caffe.Net) -> None:
    layer = chain.layers[list(chain._layer_names).index("ten")]
    assert (type(layer).__name__, layer.type, layer.factor, layer.param_str) == ("Affine", "Python", 10, "10")
    assert chain.layer_dict["ten"] is layer
    assert repr(layer) == "Python layer Affine with params [Blob (1,)]"
    assert isinstance(chain.layers[0], caffe.Layer)
    assert "Python" in caffe.layer_type_list()


def test_params_are_saved_loaded_and_shared(chain: caffe.Net, tmp_path: Path) -> None:
    file = str(tmp_path / "p.caffemodel")
    blob = chain.params["minus"][0]
    blob.data[0] = 4
    chain.save(file)
    blob.data[0] = -1
    chain.copy_from(file)
    assert blob.data.tolist() == [4]
    other = caffe.Net(str(tmp_path / "net_of.prototxt"), caffe.TEST)
    other.share_with(chain)
    blob.data[0] = 5
    assert other.params["minus"][0].data.tolist() == [5]


@pytest.mark.parametrize("phase", [caffe.TRAIN, caffe.TEST])
def test_phase(net_of: Build, module: Module, phase: int, memory: None) -> None:
    name = module(
        """
        class Phase(caffe.Layer):
            def setup(self, bottom, top): pass
            def reshape(self, bottom, top): top[0].reshape()
            def forward(self, bottom, top): top[0].data[()] = self.phase
        """
    )
    assert net_of(python(name, "Phase", bottom="", top="phase"), phase).forward()["phase"] == phase


def test_a_data_layer_may_reshape_in_forward_and_keep_its_array(net_of: Build, module: Module, memory: None) -> None:
    name = module(
        """
        class Data(caffe.Layer):
            def setup(self, bottom, top): self.n = 0
            def reshape(self, bottom, top): top[0].reshape(1, 2)
            def forward(self, bottom, top):
                self.n += 1
                top[0].reshape(self.n, 2)
                self.out = top[0].data
                self.out[...] = self.n
        """
    )
    double = 'layer { type: "Power" name: "d" bottom: "x" top: "x" power_param { scale: 2 } }'
    net = net_of(python(name, "Data", bottom="", top="x") + double)
    for n in (1, 2, 3):
        np.testing.assert_array_equal(net.forward()["x"], np.full((n, 2), 2 * n))
        np.testing.assert_array_equal(net.layers[0].out, np.full((n, 2), 2 * n))


def test_a_layer_in_place_leaves_what_the_one_before_has_kept(net_of: Build, module: Module, memory: None) -> None:
    """Sigmoid's gradient is s (1 - s), though a Python layer then turns s into 10 s in the same blob."""
    sigmoid = 'layer { type: "Sigmoid" name: "s" bottom: "x" top: "y" }\n'
    net = net_of(FORCE + INPUT + sigmoid + python(module(AFFINE), "Affine", bottom="y", rest='param_str: "10"'))
    x = np.random.default_rng(1).normal(size=(2, 3, 5)).astype(np.float32)
    s = 1 / (1 + np.exp(-x))
    np.testing.assert_allclose(net.forward(x=x)["y"], 10 * s, rtol=1e-5)
    np.testing.assert_allclose(net.backward(y=np.ones_like(x))["x"], 10 * s * (1 - s), rtol=1e-5)


def test_a_loss_that_is_python_trains_params_that_are(tmp_path: Path, module: Module, memory: None) -> None:
    """Loss (b - 2)^2 / 2 for b from 0, learning rate 0.5: b is 1, 1.5, 1.75; with `caffe.NetSpec`."""
    n = caffe.NetSpec()
    n.zero, n.two = L.DummyData(shape={"dim": [1, 1]}, data_filler=[{"value": 0}, {"value": 2}], ntop=2)
    n.b = L.Python(n.zero, module=module(AFFINE), layer="Affine", param_str="0")
    n.loss = L.Python(n.b, n.two, module=module(LOSS), layer="Loss", loss_weight=1)
    (tmp_path / "net.prototxt").write_text(str(n.to_proto()))
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{tmp_path}/net.prototxt" base_lr: 0.5 lr_policy: "fixed" max_iter: 3 snapshot_after_train: false'
    )
    solver = caffe.SGDSolver(str(tmp_path / "solver.prototxt"))
    reached = []
    for _ in range(3):
        solver.step(1)
        reached.append(solver.net.params["b"][0].data.tolist())
    assert reached == [[1], [1.5], [1.75]]
    assert float(solver.net.blobs["loss"].data[0]) == 0.125, "of the last forward, with b = 1.5"


def test_an_exception_of_the_persons_code_goes_through_with_its_place(net_of: Build, module: Module) -> None:
    name = module("class Odd(caffe.Layer):\n    def setup(self, bottom, top): raise RuntimeError('odd')")
    with pytest.raises(RuntimeError, match="odd") as caught:
        net_of(INPUT + python(name, "Odd"))
    assert caught.value.__notes__ == [f"In layer 'p' (Python): {name}.Odd.setup"]


@pytest.mark.parametrize(
    ("code", "layer", "said"),
    [
        (None, "A", r"there is no Python module 'nowhere'.* PYTHONPATH"),
        ("A = 3", "A", r"persons_layers_0\.A is 3: expected a class that derives from caffe\.Layer"),
        ("class A: pass", "A", "derives from caffe.Layer"),
        ("", "A", r"persons_layers_0\.A is None"),
        ("", "a b", r"layer 'a b': expected names of Python"),
        ("class A(caffe.Layer): pass", "A", "does not define `setup`"),
        ("class A(caffe.Layer):\n    def setup(self, b, t): pass", "A", "does not define `reshape`"),
    ],
)
def test_what_is_no_layer_is_refused(net_of: Build, module: Module, code: str | None, layer: str, said: str) -> None:
    name = "nowhere" if code is None else module(code)
    with pytest.raises(NetError, match=rf"layer 'p' \(Python\): .*{said}"):
        net_of(INPUT + python(name, layer))


def test_a_class_without_backward_is_refused_when_it_is_needed(net_of: Build, module: Module) -> None:
    name = module(AFFINE.replace("def backward", "def backwards"))
    net = net_of(FORCE + INPUT + python(name, "Affine", rest='param_str: "1"'))
    net.forward()
    with pytest.raises(NetError, match="does not define `backward`"):
        net.backward()


def test_a_module_that_imports_caffe_is_told_how(net_of: Build, module: Module) -> None:
    said = r"module 'persons_layers_0' imports caffe, .* torchcaffe\.install_as_caffe\(\)"
    with pytest.raises(NetError, match=said):
        net_of(INPUT + python(module("from caffe.proto import caffe_pb2"), "A"))


def test_a_module_that_imports_caffe_works_where_torchcaffe_is_that(
    net_of: Build, module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    caffe.install_as_caffe()
    try:
        net = net_of(INPUT + python(module("import caffe\n" + AFFINE), "Affine", rest='param_str: "3"'))
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "caffe"]:
            del sys.modules[name]
    np.testing.assert_array_equal(net.forward(x=np.ones((2, 3, 5)))["y"], np.full((2, 3, 5), 3))


def test_what_a_module_lacks_itself_is_not_laid_to_the_prototxt(net_of: Build, module: Module) -> None:
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        net_of(INPUT + python(module("import nowhere"), "A"))


def test_prototxts_from_elsewhere_can_be_kept_from_running_code(net_of: Build, module: Module, tmp_path: Path) -> None:
    name = module(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n{AFFINE}")
    text = INPUT + python(name, "Affine", rest='param_str: "1"')
    with python_layers(allowed=False), pytest.raises(NetError, match=rf"'p' .*{name}\.Affine.*-allow_python_layers"):
        net_of(text)
    assert not (tmp_path / "ran").exists()
    net_of(text)
    assert (tmp_path / "ran").exists()
