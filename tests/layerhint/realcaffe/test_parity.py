"""The real Caffe that `make caffe` built does what Caffe 1.0 does where its source did not."""

import re
import subprocess
from pathlib import Path

import pytest

from layerhint.errors import LayerhintError
from layerhint.realcaffe import probe
from layerhint.realcaffe.find import RealCaffe, find_real_caffe
from layerhint.realcaffe.gpu import Gpu, ask_for_gpu

pytestmark = pytest.mark.parity

# y = W x with x = (1, 1, 1) and W filled with one value w, against the target 0: two outputs of 3 w each,
# so EuclideanLoss is (2 (3 w)^2) / (2 * 1) = 9 w^2
LINEAR = """
layer {{ name: "data" type: "DummyData" top: "x" top: "t"
  dummy_data_param {{ shape {{ dim: 1 dim: 3 }} shape {{ dim: 1 dim: 2 }}
    data_filler {{ type: "constant" value: 1 }} data_filler {{ type: "constant" value: 0 }} }} }}
layer {{ name: "{layer}" type: "InnerProduct" bottom: "x" top: "y" inner_product_param {{
  num_output: 2 bias_term: false weight_filler {{ type: "constant" value: {value} }} }} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }}
"""
BATCHNORM = """
layer {{ name: "data" type: "DummyData" top: "x" top: "t"
  dummy_data_param {{ shape {{ dim: 4 dim: 3 dim: 5 dim: 6 }} shape {{ dim: 4 dim: 2 }}
    data_filler {{ type: "gaussian" mean: 7 }} data_filler {{ type: "constant" }} }} }}
layer {{ name: "bn" type: "BatchNorm" bottom: "x" top: "bn" {params} }}
layer {{ name: "y" type: "InnerProduct" bottom: "bn" top: "y"
  inner_product_param {{ num_output: 2 weight_filler {{ type: "gaussian" std: 0.01 }} }} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }}
"""
FROZEN = "param { lr_mult: 0 decay_mult: 0 } "
PRINT_FACTOR = """
import sys, caffe
net = caffe.Net(sys.argv[1], sys.argv[2], caffe.TEST)
print(float(net.params["bn"][2].data[0]))
"""
PRINT_SHARED = """
import caffe
net = caffe.Net("shared.prototxt", caffe.TEST)
net.params["first"][1].data[...] = [2, 3, 5]
print(net.params["second"][1].data.tolist())
"""
PYTHON_LAYER = """
import caffe, numpy as np
class Scaled(caffe.Layer):
    def setup(self, bottom, top):
        self.factor = float(self.param_str)
    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].data.shape)
    def forward(self, bottom, top):
        top[0].data[...] = self.factor * bottom[0].data
    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = self.factor * top[0].diff
net = caffe.Net("python.prototxt", caffe.TRAIN)
net.blobs["x"].data[...] = [[1, 2, 3], [4, 5, 6]]
print(net.forward()["y"].tolist())
"""


@pytest.fixture(scope="module")
def real() -> RealCaffe:
    found = find_real_caffe()
    if found is None:
        pytest.skip("no real Caffe on this machine: build one with `make caffe`, or name one with CAFFE_ROOT")
    return found


def weights_of(real: RealCaffe, folder: Path, name: str, layer: str, value: int) -> str:
    """A caffemodel whose one layer holds `value`, written by training for one iteration at rate 0."""
    probe.train(real, folder, name, LINEAR.format(layer=layer, value=value), 0.0, 1)
    return f"{name}_iter_1.caffemodel"


def test_probe_finds_no_fault(real: RealCaffe) -> None:
    found = probe.verify(real)
    assert found.version.endswith("1.0.0")
    wanted = {"BatchNorm", "Convolution", "Data", "Eltwise", "EuclideanLoss", "Python", "Reduction", "Scale"}
    assert wanted <= set(found.layer_types)


def test_weights_are_honoured(real: RealCaffe, tmp_path: Path) -> None:
    given = weights_of(real, tmp_path, "given", "y", 3)
    start = LINEAR.format(layer="y", value=1)
    assert probe.first_loss(probe.train(real, tmp_path, "plain", start, 0.0, 1)) == 9.0
    log = probe.train(real, tmp_path, "tuned", start, 0.0, 1, "-weights", given)
    assert probe.first_loss(log) == 81.0
    assert f"Finetuning from {given}" in log


def test_later_of_several_weights_wins(real: RealCaffe, tmp_path: Path) -> None:
    first, second = (weights_of(real, tmp_path, f"given{value}", "y", value) for value in (3, 2))
    start = LINEAR.format(layer="y", value=1)
    log = probe.train(real, tmp_path, "tuned", start, 0.0, 1, "-weights", f"{first}, {second}")
    assert probe.first_loss(log) == 36.0


def test_weights_are_matched_by_layer_name(real: RealCaffe, tmp_path: Path) -> None:
    given = weights_of(real, tmp_path, "given", "another_layer", 3)
    start = LINEAR.format(layer="y", value=1)
    assert probe.first_loss(probe.train(real, tmp_path, "tuned", start, 0.0, 1, "-weights", given)) == 9.0


def test_missing_weights_file_ends_training(real: RealCaffe, tmp_path: Path) -> None:
    with pytest.raises(LayerhintError, match=r"gone\.caffemodel"):
        probe.train(real, tmp_path, "tuned", LINEAR.format(layer="y", value=1), 0.0, 1, "-weights", "gone.caffemodel")


@pytest.mark.parametrize("params", [FROZEN * 3, "", FROZEN], ids=["three specs", "no spec", "one spec"])
def test_weight_decay_leaves_batchnorm_statistics_alone(real: RealCaffe, tmp_path: Path, params: str) -> None:
    """After 20 passes the factor is the sum of 0.999^k, k < 20: 19.8111; the solver decays by 0.1 a step."""
    probe.train(real, tmp_path, "bn", BATCHNORM.format(params=params), 0.1, 20)
    arguments = ["bn.prototxt", "bn_iter_20.caffemodel"]
    printed = probe.run(real, [str(real.python), "-c", PRINT_FACTOR, *arguments], tmp_path)
    assert float(printed.splitlines()[-1]) == pytest.approx(19.8111, abs=1e-3)


def test_three_param_specs_of_a_batchnorm_keep_their_names(real: RealCaffe, tmp_path: Path) -> None:
    """Two layers share statistics by name: the upgrade of three specs must not drop what it upgrades."""
    specs = " ".join(f'param {{ name: "{name}" lr_mult: 0 }}' for name in ("mean", "variance", "factor"))
    (tmp_path / "shared.prototxt").write_text(
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }\n'
        f'layer {{ name: "first" type: "BatchNorm" bottom: "x" top: "y" {specs} }}\n'
        f'layer {{ name: "second" type: "BatchNorm" bottom: "y" top: "z" {specs} }}\n',
        encoding="utf-8",
    )
    printed = probe.run(real, [str(real.python), "-c", PRINT_SHARED], tmp_path)
    assert printed.splitlines()[-1] == "[2.0, 3.0, 5.0]"


def test_batchnorm_statistics_cannot_be_learned(real: RealCaffe, tmp_path: Path) -> None:
    with pytest.raises(LayerhintError, match=r"Check failed: .*lr_mult\(\) == 0"):
        probe.train(real, tmp_path, "bn", BATCHNORM.format(params="param { lr_mult: 1 }"), 0.1, 1)


def test_gpu_solver_ends_a_cpu_build_with_caffes_own_line(real: RealCaffe, tmp_path: Path) -> None:
    if ask_for_gpu(real).gpu is not Gpu.NO_CODE:
        pytest.skip("this real Caffe has GPU code")
    (tmp_path / "net.prototxt").write_text(LINEAR.format(layer="y", value=1), encoding="utf-8")
    (tmp_path / "solver.prototxt").write_text(
        'net: "net.prototxt" base_lr: 1 lr_policy: "fixed" max_iter: 1 solver_mode: GPU', encoding="utf-8"
    )
    with pytest.raises(
        LayerhintError,
        match=r"built for the CPU alone.*`common.cpp:\d+\] Cannot use GPU in CPU-only Caffe: check mode.`",
    ):
        probe.run(real, [str(real.binary), "train", "-solver", "solver.prototxt"], tmp_path)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (
            'layer { name: "sum" type: "Eltwise" bottom: "x" bottom: "t" top: "sum" }',
            "layer 'sum' of bad.prototxt has bottoms of different shapes, 1 3 (3) and 1 2 (2)",
        ),
        (
            'layer { name: "scale" type: "Scale" bottom: "x" bottom: "t" top: "scaled" scale_param { axis: 0 } }',
            "layer 'scale' of bad.prototxt has two bottoms whose shapes do not fit",
        ),
    ],
    ids=["Eltwise", "Scale"],
)
def test_shapes_that_do_not_fit_are_refused(real: RealCaffe, tmp_path: Path, layer: str, said: str) -> None:
    with pytest.raises(LayerhintError) as caught:
        probe.train(real, tmp_path, "bad", LINEAR.format(layer="y", value=1) + layer, 0.0, 1)
    assert said in str(caught.value)


def test_the_log_names_layers_and_weights_that_are_passed_over(real: RealCaffe, tmp_path: Path) -> None:
    given = weights_of(real, tmp_path, "given", "another_layer", 3)
    log = probe.train(real, tmp_path, "tuned", LINEAR.format(layer="y", value=1), 0.0, 1, "-weights", given)
    for line in ("Creating Layer y", "Setting up y", "y <- x", "y needs backward computation."):
        assert line in log
    assert "Ignoring source layer another_layer" in log


def test_command_needs_no_library_path(real: RealCaffe) -> None:
    if not real.manifest:
        pytest.skip("this Caffe was built elsewhere")
    result = subprocess.run([str(real.binary), "--version"], env={}, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.strip()) == (0, "caffe version 1.0.0")


def test_python_layers_run(real: RealCaffe, tmp_path: Path) -> None:
    (tmp_path / "python.prototxt").write_text(
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }\n'
        'layer { name: "y" type: "Python" bottom: "x" top: "y"\n'
        '  python_param { module: "__main__" layer: "Scaled" param_str: "-2" } }\n',
        encoding="utf-8",
    )
    printed = probe.run(real, [str(real.python), "-c", PYTHON_LAYER], tmp_path)
    assert printed.splitlines()[-1] == "[[-2.0, -4.0, -6.0], [-8.0, -10.0, -12.0]]"


def test_lmdb_is_read(real: RealCaffe, tmp_path: Path) -> None:
    """A Data layer over a folder that is no database ends in LMDB's own error, not in `unknown backend`."""
    net = (
        'layer { name: "data" type: "Data" top: "x" top: "t"\n'
        '  data_param { source: "gone" backend: LMDB batch_size: 1 } }\n'
    )
    with pytest.raises(LayerhintError) as caught:
        probe.train(real, tmp_path, "data", net, 0.0, 1)
    assert "layer 'data' of data.prototxt reads a database that is not there" in str(caught.value)
    assert re.search(r"mdb_status == 0 \(2 vs\. 0\) No such file", str(caught.value))
