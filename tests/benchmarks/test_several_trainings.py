"""The process that trains several nets, apart or in lockstep."""

from pathlib import Path

import pytest

from benchmarks.cases import choose
from benchmarks.children import several_trainings
from benchmarks.contender import FastTorchcaffe
from benchmarks.images import KINDS, make_images
from benchmarks.job import Job
from benchmarks.setting import CPU, Setting
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net
from torchcaffe.solvers import Solver
from torchcaffe.weights.caffemodel import save_caffemodel

NET = """
layer {{ name: "data" type: "Data" top: "data" top: "label"
  data_param {{ source: "{source}" backend: LMDB batch_size: 2 }} }}
layer {{ name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param {{ num_output: 10 }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }}
"""


@pytest.fixture
def solver(tmp_path: Path) -> Path:
    """A solver of a small net whose images are of MNIST's size, with weights beside it."""
    images = make_images(KINDS["mnist"], tmp_path / "images", 5)
    text = NET.format(source=images.database)
    (tmp_path / "net.prototxt").write_text(text)
    param = parse_net(text)
    param.state.phase = caffe_pb2.TRAIN
    save_caffemodel(Net(param), tmp_path / "initial.caffemodel")
    file = tmp_path / "solver.prototxt"
    file.write_text(f'train_net: "{tmp_path / "net.prototxt"}" base_lr: 0.1 lr_policy: "fixed" random_seed: 1')
    return file


@pytest.mark.parametrize("way", ["apart", "lockstep"])
def test_each_net_trains_for_so_many_iterations(way: str, solver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Solver] = []
    create_solver = several_trainings.create_solver

    def create(param: caffe_pb2.SolverParameter) -> Solver:
        begun.append(create_solver(param))
        return begun[-1]

    monkeypatch.setattr(several_trainings, "create_solver", create)
    run = several_trainings.build(CPU, [way, str(solver), str(solver.with_name("initial.caffemodel")), "3", "float32"])
    for iterations in (2, 3):
        run(iterations)
    assert [one.iter for one in begun] == [5, 5, 5]


def test_it_is_told_the_precision(tmp_path: Path) -> None:
    (case,) = choose(["mnist-kd-32-8"])
    job = Job(case, make_images(KINDS["mnist"], tmp_path / "images", 5), tmp_path)
    command = FastTorchcaffe(Setting(1, CPU, "bf16")).several(job, "lockstep", 3)
    assert command.words[-6:] == [CPU, "lockstep", str(job.solver), str(job.weights), "3", "bf16"]
