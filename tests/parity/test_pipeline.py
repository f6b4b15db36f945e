"""Every step of every method by the driver, on the real Caffe; then each step in torchcaffe, from the same weights.

The nets and solvers are the smoke test's, with its random crops and mirrors, some iterations long. torchcaffe draws for
the reader thread of the Caffe that `make caffe` builds too (see `reader_thread`), so that both see the same images.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from bounds import LOSSES, NETS, NORMAL_ULPS
from reader_thread import reader_thread

import torchcaffe
from layerhint.engines import get_engine
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.paths import ROOT
from layerhint.realcaffe.find import RealCaffe
from layerhint.rendering.render import render, write
from layerhint.running.plan import Plan, make_plan
from layerhint.running.run import run
from layerhint.steps.step import Context
from layerhint.steps.train import Train
from layerhint.steps.workspace import Workspace
from layerhint.surgery.surgery import perform
from layerhint.watching.caffe_log import LogReader, feed_all, read_log
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display
from torchcaffe.cli import main
from torchcaffe.glog import GlogFormatter, logger
from torchcaffe.proto.binary import blob_to_array, read_caffemodel

# The driver's run takes half a minute on an idle machine.
pytestmark = [pytest.mark.parity, pytest.mark.timeout(600)]

ITERATIONS = 4
EXPERIMENT = """
title: small
dataset: cifar10
teacher: {depth: 14}
student: {depth: 8}
methods: [kd, hint-kd, hint-kd-plus, proposed, concurrent, sl-resnet, sl-resnet-kd]
nets: 1
"""
SCHEDULE = {
    "plain.stepvalue": [2, 3],
    "plain.max_iter": ITERATIONS,
    "hint.single": ITERATIONS,
    "hint.layer_wise": [ITERATIONS] * 3,
    "hint.concurrent": ITERATIONS,
    "sl_resnet.iterations": ITERATIONS,
    "intervals.display": 1,
}
FROM_TEACHER = "resnet14-resnet8"
STEPS = (
    "resnet14/plain/plain",
    "resnet8/plain/plain",
    f"{FROM_TEACHER}/kd/net1",
    *(f"{FROM_TEACHER}/{method}/{step}" for method in ("hint-kd", "hint-kd-plus") for step in ("stage1", "net1")),
    *(f"{FROM_TEACHER}/proposed/{step}" for step in ("g1", "g2", "g3", "net1")),
    *(f"{FROM_TEACHER}/concurrent/{step}" for step in ("stage1", "net1")),
    *(f"resnet8/sl-resnet/{step}" for step in ("s1", "s2", "s3", "net1")),
    f"{FROM_TEACHER}/sl-resnet-kd/net1",
)
FROM_FILLERS = ("resnet14/plain/plain", "resnet8/plain/plain", "resnet8/sl-resnet/s1")


@dataclass(frozen=True)
class Scene:
    """What the driver left of a run on the real Caffe."""

    plan: Plan
    context: Context

    def log(self, step: Train) -> Path:
        return self.context.workspace.logs / f"{step.id}.log"

    @property
    def trains(self) -> dict[str, Train]:
        return {step.id.removeprefix("cifar10/"): step for step in self.plan.trains}


@pytest.fixture(scope="module")
def scene(real: RealCaffe, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("pipeline")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("OPENBLAS_NUM_THREADS", "1")
        scene = prepare(real, folder)
        assert run(scene.plan, scene.context).done == len(scene.plan.steps)
    return scene


def prepare(real: RealCaffe, folder: Path, data: str | None = None) -> Scene:
    """The plan and the generated files, in a folder of their own; its data too, unless some are given."""
    (folder / "small.yaml").write_text(EXPERIMENT, encoding="utf-8")
    experiments = [load_experiment(folder / "small.yaml", SCHEDULE, profile="smoke")]
    workspace = Workspace.in_folder(str(folder / "run"), data)
    texts = render(experiments, workspace.layout, "CPU")
    write(texts)
    context = Context(workspace, get_engine("caffe", "cpu", str(real.root)), Display(), texts, Outlook({}))
    return Scene(make_plan(experiments, workspace), context)


@pytest.mark.parametrize("name", STEPS)
def test_losses_of_the_first_iterations(
    scene: Scene, name: str, tmp_path: Path, record: Callable[[str, str, str, float], None]
) -> None:
    step = scene.trains[name]
    want = {point.iteration: point.loss for point in read_log(scene.log(step)).train_points()}
    got = train_in_torchcaffe(scene, step, tmp_path)
    assert list(got) == list(want) == list(range(ITERATIONS + 1))
    apart = [abs(got[i] / want[i] - 1) for i in want]
    record("steps", name, "first", apart[0])
    record("steps", name, "rest", max(apart[1:]))
    assert apart[0] < NETS
    assert max(apart) < LOSSES


def train_in_torchcaffe(scene: Scene, step: Train, folder: Path) -> dict[int, float]:
    """The losses of the step's own solver, from the initial weights that the real Caffe's run had."""
    layout = scene.context.workspace.layout
    text = Path(layout.solver(step.training)).read_text(encoding="utf-8")
    prefix = f'snapshot_prefix: "{layout.snapshot_prefix(step.training)}"'
    assert text.count(prefix) == 1
    solver = folder / "solver.prototxt"
    solver.write_text(text.replace(prefix, f'snapshot_prefix: "{folder}/own"'), encoding="utf-8")
    initial = layout.initial_weights(step.training)
    with pytest.MonkeyPatch.context() as patch, reader_thread(), logged() as log:
        patch.chdir(ROOT)
        patch.setattr("torchcaffe.cli.command.log_as_told", lambda flags: nullcontext())
        assert main(["train", "-solver", str(solver), *(["-weights", initial] if initial else [])]) == 0
    reader = LogReader()
    feed_all(reader, log.getvalue().splitlines())
    return {point.iteration: point.loss for point in reader.train_points()}


@contextmanager
def logged() -> Iterator[StringIO]:
    """What torchcaffe logs, as its command shows it."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(GlogFormatter())
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_the_steps_are_all_of_the_plan(scene: Scene) -> None:
    assert set(scene.trains) == set(STEPS)


@pytest.mark.parametrize("name", [name for name in STEPS if name not in FROM_FILLERS])
def test_surgery_draws_the_same_numbers(scene: Scene, name: str, tmp_path: Path) -> None:
    """torchcaffe makes the initial caffemodel from the same sources and seed: every param bit for bit, but for the last
    place of numbers from a normal distribution."""
    layout = scene.context.workspace.layout
    training = scene.trains[name].training
    surgery, output = Path(layout.surgery(training) or ""), layout.initial_weights(training) or ""
    text = surgery.read_text(encoding="utf-8")
    assert text.count(output) == 1
    own = tmp_path / surgery.name
    own.write_text(text.replace(output, str(tmp_path / "own.caffemodel")), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        perform(torchcaffe, own)
    want, got = params(ROOT / output), params(tmp_path / "own.caffemodel")
    assert list(got) == list(want)
    for layer, blobs in want.items():
        for a, b in zip(got[layer], blobs, strict=True):
            np.testing.assert_array_max_ulp(a, b, NORMAL_ULPS)


def params(model: Path) -> dict[str, list[np.ndarray]]:
    return {la.name: [blob_to_array(blob) for blob in la.blobs] for la in read_caffemodel(model).layer if la.blobs}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'type: "Eltwise"',
            'type: "Eltwiss"',
            "layer 'res1_1/sum' of {net} has the type 'Eltwiss', which this Caffe does not know. Did you mean "
            "'Eltwise'?",
        ),
        ("num_output: 16", "num_output: 17", "layer 'res1_1/sum' of {net} has bottoms of different shapes, "),
        ("num_output: 16", "num_ouput: 16", "of {net}: 'num_ouput' is no field of ConvolutionParameter. Did you mean"),
    ],
    ids=["unknown type", "shapes", "misspelt key"],
)
def test_a_mistake_ends_the_run_in_one_message(
    scene: Scene, real: RealCaffe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: str
) -> None:
    """As if a template had been edited badly: the first such place in the teacher's train net."""
    monkeypatch.chdir(ROOT)
    broken = prepare(real, tmp_path, scene.context.workspace.layout.data)
    net = Path(broken.context.workspace.layout.train_net(broken.plan.trains[0].training))
    text = net.read_text(encoding="utf-8")
    before, _, after = text.partition(old)
    net.write_text(f"{before}{new}{after}", encoding="utf-8")
    with pytest.raises(LayerhintError) as caught:
        run(Plan(broken.plan.steps[:2]), broken.context)
    message = str(caught.value)
    assert message.startswith("cifar10/resnet14/plain/plain: ")
    assert said.format(net=net) in message
    assert "Caffe says: `" in message
    assert message.endswith(f" (log: {broken.log(broken.plan.trains[0])})")
    assert "\n" not in message
