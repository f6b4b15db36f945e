"""Small students of one frozen teacher, as files, and the `caffe` command to train them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import lmdb
import numpy as np
import pytest

from torchcaffe import mode
from torchcaffe.cli import main
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net
from torchcaffe.rng import global_rng_of_its_own, set_random_seed
from torchcaffe.weights.caffemodel import save_caffemodel

Files = Callable[..., list[str]]

FROZEN = "param { lr_mult: 0 decay_mult: 0 }"


def convolution(name: str, bottom: str, outputs: int, frozen: bool) -> str:
    """A convolution with BatchNorm, Scale and ReLU in place; frozen, it uses its statistics and learns nothing."""
    return f"""
    layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}" {FROZEN if frozen else ""}
      convolution_param {{ num_output: {outputs} kernel_size: 3 pad: 1 bias_term: false
        weight_filler {{ type: "msra" }} }} }}
    layer {{ name: "{name}/bn" type: "BatchNorm" bottom: "{name}" top: "{name}" {FROZEN * 3}
      batch_norm_param {{ moving_average_fraction: 0.9 {"use_global_stats: true" if frozen else ""} }} }}
    layer {{ name: "{name}/scale" type: "Scale" bottom: "{name}" top: "{name}" {FROZEN * 2 if frozen else ""}
      scale_param {{ bias_term: true }} }}
    layer {{ name: "{name}/relu" type: "ReLU" bottom: "{name}" top: "{name}" }}"""


def data(source: Path) -> str:
    return f"""
    layer {{ name: "data" type: "Data" top: "data" top: "label"
      transform_param {{ crop_size: 4 mirror: true scale: 0.01 }}
      data_param {{ source: "{source}" batch_size: 3 backend: LMDB }} }}"""


def residual_teacher() -> str:
    """Logits `t/fc`, by way of a residual module, so that a blob has two readers."""
    return f"""
    {convolution("t/1", "data", 6, frozen=True)} {convolution("t/2", "t/1", 6, frozen=True)}
    layer {{ name: "t/sum" type: "Eltwise" bottom: "t/1" bottom: "t/2" top: "t/sum" }}
    layer {{ name: "t/pool" type: "Pooling" bottom: "t/sum" top: "t/pool"
      pooling_param {{ pool: AVE global_pooling: true }} }}
    layer {{ name: "t/fc" type: "InnerProduct" bottom: "t/pool" top: "t/fc" {FROZEN * 2}
      inner_product_param {{ num_output: 4 weight_filler {{ type: "xavier" }} }} }}"""


STUDENT = f"""
    {convolution("s/1", "data", 5, frozen=False)}
    layer {{ name: "s/drop" type: "Dropout" bottom: "s/1" top: "s/drop" }}
    layer {{ name: "s/fc" type: "InnerProduct" bottom: "s/drop" top: "s/fc"
      inner_product_param {{ num_output: 4 weight_filler {{ type: "xavier" }} }} }}
    layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "s/fc" bottom: "label" top: "loss" }}"""
SOFT_TARGETS = """
    layer { name: "kd/log_softmax" type: "Softmax" bottom: "s/fc" top: "kd/softmax" }
    layer { name: "kd/log" type: "Log" bottom: "kd/softmax" top: "kd/log" }
    layer { name: "kd/teacher" type: "Softmax" bottom: "t/fc" top: "kd/teacher" }
    layer { name: "kd/product" type: "Eltwise" bottom: "kd/log" bottom: "kd/teacher" top: "kd/product"
      eltwise_param { operation: PROD } }
    layer { name: "kd/loss" type: "Reduction" bottom: "kd/product" top: "kd/loss" loss_weight: 2
      reduction_param { axis: 0 coeff: -0.2 } }"""
HINT = """
    layer { name: "hint/adapt" type: "Convolution" bottom: "s/1" top: "hint/adapt"
      convolution_param { num_output: 6 kernel_size: 1 weight_filler { type: "gaussian" std: 0.1 } } }
    layer { name: "hint/loss" type: "EuclideanLoss" bottom: "hint/adapt" bottom: "t/1" top: "hint/loss" }"""
SOLVER = """
train_net: "{net}" test_net: "{test}" test_iter: 2 test_interval: 3 base_lr: 0.05 lr_policy: "fixed" momentum: 0.9
weight_decay: 0.01 max_iter: 8 display: 2 snapshot: 5 snapshot_prefix: "{prefix}" random_seed: 5 solver_mode: CPU
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of ten images, nets `kd`, `hint` and `plain` with a test net, and weights 1 to 3 for each."""
    folder = tmp_path_factory.mktemp("lockstep")
    rng = np.random.default_rng(1)
    with lmdb.open(str(folder / "db"), map_size=1 << 20) as env, env.begin(write=True) as txn:
        for i in range(10):
            image = rng.integers(0, 256, (2, 6, 5), np.uint8)
            datum = caffe_pb2.Datum(channels=2, height=6, width=5, data=image.tobytes(), label=i % 4)
            txn.put(f"{i:03d}".encode(), datum.SerializeToString())
    teacher = residual_teacher()
    nets = {
        "kd": teacher + STUDENT + SOFT_TARGETS,
        "hint": teacher + STUDENT + HINT,
        "plain": STUDENT,
        "test": STUDENT,
    }
    for name, layers in nets.items():
        (folder / f"{name}.prototxt").write_text(f'name: "{name}" {data(folder / "db")} {layers}')
    for number in (1, 2, 3):
        _write_weights(folder / f"{number}.caffemodel", parse_net((folder / "kd.prototxt").read_text()), number)
    return folder


def _write_weights(path: Path, param: caffe_pb2.NetParameter, seed: int) -> None:
    """Weights of a student of its own and of the one teacher."""
    param.state.phase = caffe_pb2.TRAIN
    with global_rng_of_its_own():
        set_random_seed(seed)
        net = Net(param)
    rng = np.random.default_rng(2)
    for layer in net.layers:
        for blob in layer.blobs if layer.name.startswith("t/") else []:
            values = rng.uniform(0.5, 1.5, blob.shape).astype(np.float32) * (1 if blob.count > 1 else 0) + 0.1
            blob.data.copy_(blob.data.new_tensor(values))
    save_caffemodel(net, path)


@pytest.fixture
def solver(folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """Writes a solver for one of the nets, whose snapshots go to `<group>/<name>`; gives its path."""

    def write(group: str, name: str, net: str = "kd", change: tuple[str, str] = ("", "")) -> Path:
        (tmp_path / group).mkdir(exist_ok=True)
        text = SOLVER.format(
            net=folder / f"{net}.prototxt", test=folder / "test.prototxt", prefix=tmp_path / group / name
        )
        path = tmp_path / group / f"{name}.prototxt"
        assert change[0] in text
        path.write_text(text.replace(*change) if change[0] else text)
        return path

    return write


@pytest.fixture
def caffe(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., tuple[int, str]]]:
    """Runs `caffe train` with these arguments and one thread; gives its exit status and what it wrote to stderr."""

    def run(*arguments: str | Path) -> tuple[int, str]:
        status = main(["train", "-threads=1", *(str(argument) for argument in arguments)])
        return status, capsys.readouterr().err

    yield run
    mode.set_mode_cpu()
