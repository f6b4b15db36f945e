"""A small experiment, rendered as for the paper, with the sample's images, for `caffe train` of both engines."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from reader_thread import reader_thread

import torchcaffe as caffe
from layerhint.datasets.make import make_dataset
from layerhint.experiments.experiment import load_experiment
from layerhint.realcaffe.find import RealCaffe
from layerhint.rendering.layout import Layout
from layerhint.rendering.render import render, write
from layerhint.surgery.surgery import perform
from layerhint.trainings.expand import expand
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader, feed_all
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import read_solver, to_text
from torchcaffe.solvers import create_solver
from torchcaffe.solvers.solver import Solver

EXPERIMENT = """
title: small
dataset: cifar10
teacher: {depth: 14}
student: {depth: 8}
methods: [kd, proposed]
nets: 1
"""
TEACHER, STUDENT, HINT, KD = (
    "cifar10/resnet14/plain/plain",
    "cifar10/resnet8/plain/plain",
    "cifar10/resnet14-resnet8/proposed/g1",
    "cifar10/resnet14-resnet8/kd/net1",
)
ENGINES = ("caffe", "plain", "fast")
"""The real Caffe; torchcaffe layer by layer; torchcaffe by its fast path, as it runs unless told otherwise."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Scene:
    """A folder with rendered files, data, a teacher, and the initial weights of HINT and KD.

    TEACHER and STUDENT start from their fillers.
    """

    folder: Path
    layout: Layout
    trainings: dict[str, Training]
    real: RealCaffe

    def solver(self, training: str, name: str, test: bool = False, **settings: object) -> Path:
        """A solver of its own for a training: a line for each iteration, snapshots as NAME, tests only if wanted."""
        param = read_solver(self.layout.solver(self.trainings[training]))
        for key in ("stepvalue", *(() if test else ("test_net", "test_iter", "test_interval"))):
            param.ClearField(key)
        param.MergeFrom(caffe_pb2.SolverParameter(display=1, snapshot_prefix=str(self.folder / name), **settings))
        path = self.folder / f"{name}.prototxt"
        path.write_text(to_text(param))
        return path

    def initial_weights(self, training: str) -> str | None:
        return self.layout.initial_weights(self.trainings[training])

    def train(self, engine: str, solver: Path, *more: str, as_caffe_draws: bool = True) -> LogReader:
        """Runs `caffe train`; reads its log."""
        script = [Path(__file__).with_name("reader_thread.py")] if as_caffe_draws else ["-m", "torchcaffe.cli"]
        command = [self.real.binary] if engine == "caffe" else [sys.executable, *script]
        plain = ["-plain"] if engine == "plain" else []
        done = subprocess.run(
            [*command, "train", "-solver", solver, *plain, *more],
            capture_output=True, text=True, check=False, cwd=self.folder,
            env=(self.real.environment if engine == "caffe" else dict(os.environ)) | ONE_THREAD,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        reader = LogReader()
        feed_all(reader, done.stderr.splitlines())
        return reader

    def begin(self, training: str, name: str, engine: str, **settings: object) -> LogReader:
        """Runs `caffe train` from the training's initial weights, or its fillers."""
        weights = self.initial_weights(training)
        return self.train(engine, self.solver(training, name, **settings), *(["-weights", weights] if weights else []))

    def open_solver(self, training: str, name: str, fast: bool, **settings: object) -> Solver:
        """torchcaffe's solver in this process, at the same start."""
        param = read_solver(self.solver(training, name, **settings))
        param.weights.extend(filter(None, [self.initial_weights(training)]))
        with reader_thread():
            solver = create_solver(param)
        if fast:
            solver.compile()
        return solver


def make_scene(folder: Path, real: RealCaffe) -> Scene:
    """Renders, writes the data, trains the teacher for a few iterations, and makes the initial weights."""
    (folder / "small.yaml").write_text(EXPERIMENT)
    experiment = load_experiment(folder / "small.yaml", profile="smoke")
    layout = Layout.under(str(folder / "run"))
    write(render(experiment, layout, mode="CPU"))
    make_dataset(experiment.dataset, Path(layout.data), sample=True)
    scene = Scene(folder, layout, {training.id: training for training in expand(experiment)}, real)
    teacher = scene.trainings[TEACHER]
    Path(layout.final_weights(teacher)).parent.mkdir(parents=True)
    scene.train("fast", Path(layout.solver(teacher)))
    for training in (HINT, KD):
        perform(caffe, Path(layout.surgery(scene.trainings[training]) or ""))
    return scene
