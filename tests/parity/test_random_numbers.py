"""`caffe train` from scratch with one `random_seed`: both engines draw the same fillers, crops, mirrors and dropout.

The order in which Caffe 1.0 draws is torchcaffe's. The source of `make caffe` draws once more for every Data layer, and
so does torchcaffe here (see `reader_thread.py`): first in the train net, before its fillers, and then in the test net,
before Dropout goes on drawing from the same generator.
"""

from collections.abc import Callable
from pathlib import Path

import bounds
import numpy as np
import pytest
from scene import ENGINES, STUDENT, Scene

from layerhint.watching.caffe_log import LogReader

pytestmark = pytest.mark.parity

ITERATIONS = 20
PRINTED = 1e-5  # The log has six digits.
# Slow enough that a rounding error does not grow (see test_training.py).
SETTINGS = {"max_iter": ITERATIONS, "base_lr": 0.001, "test_interval": 10, "test_initialization": True}

# Every source of random numbers in a net: the Data layer's crops and mirrors, fillers, dropout; with a test net between
# the fillers and the first dropout.
DRAWING = """
layer {{ name: "data" type: "Data" top: "data" top: "label" include {{ phase: {phase} }}
  data_param {{ source: "{source}" backend: LMDB batch_size: 16 }}
  transform_param {{ mirror: true crop_size: 29 scale: 0.01 }} }}
"""
DROPPING = """
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 8 kernel_size: 5 stride: 4 weight_filler { type: "gaussian" std: 0.1 sparse: 3 }
    bias_filler { type: "uniform" max: 0.1 } } }
layer { name: "tanh" type: "TanH" bottom: "conv" top: "conv" }
layer { name: "dropped" type: "Dropout" bottom: "conv" top: "dropped" dropout_param { dropout_ratio: 0.3 } }
layer { name: "fc" type: "InnerProduct" bottom: "dropped" top: "fc"
  inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "half" type: "Dropout" bottom: "fc" top: "half" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "half" bottom: "label" top: "loss" }
"""


@pytest.fixture(scope="module")
def solvers(scene: Scene) -> dict[str, Callable[[str], Path]]:
    """A solver file for an engine, by the name of its net."""

    def dropout(name: str) -> Path:
        data = [
            DRAWING.format(phase=phase, source=scene.layout.database("cifar10", split))
            for phase, split in (("TRAIN", "train"), ("TEST", "test"))
        ]
        (scene.folder / "dropout.prototxt").write_text("".join(data) + DROPPING)
        path = scene.solver(STUDENT, name, test=True, **SETTINGS)
        nets = [line for line in path.read_text().splitlines() if not line.startswith(("train_net:", "test_net:"))]
        path.write_text("\n".join([*nets, f'net: "{scene.folder}/dropout.prototxt"']))
        return path

    return {
        "ResNet-8": lambda name: scene.solver(STUDENT, name, test=True, **SETTINGS),
        "net with dropout": dropout,
    }


@pytest.fixture(scope="module")
def logs_of_caffe(scene: Scene, solvers: dict[str, Callable[[str], Path]]) -> dict[str, LogReader]:
    return {name: scene.train("caffe", solver(f"{name} caffe")) for name, solver in solvers.items()}


@pytest.mark.parametrize("engine", ENGINES[1:])
@pytest.mark.parametrize("name", ["ResNet-8", "net with dropout"])
def test_from_scratch(
    name: str,
    engine: str,
    scene: Scene,
    solvers: dict[str, Callable[[str], Path]],
    logs_of_caffe: dict[str, LogReader],
    record: Callable[[str, str, str, float], None],
) -> None:
    log, wanted = scene.train(engine, solvers[name](f"{name} {engine}")), logs_of_caffe[name]
    mine, theirs = (np.array([point.loss for point in each.train_points()]) for each in (log, wanted))
    assert len(theirs) == ITERATIONS + 1
    apart = np.abs(mine / theirs - 1)
    assert apart[0] < PRINTED
    row = f"{name} from scratch at a rate of 0.001"
    record("trainings", row, "free early", apart[:5].max())
    record("trainings", row, "free", apart.max())
    assert apart.max() < bounds.LOSSES
    tests = zip(log.finished_tests(), wanted.finished_tests(), strict=True)
    scores = [(a.iteration, a.outputs, b.outputs) for a, b in tests]
    assert [iteration for iteration, _, _ in scores] == [0, 10, 20]
    for _, outputs, expected in scores:
        assert outputs == pytest.approx(expected, rel=bounds.LOSSES)


@pytest.mark.parametrize("name", ["ResNet-8", "net with dropout"])
def test_the_order_of_draws_shows(
    name: str, scene: Scene, solvers: dict[str, Callable[[str], Path]], logs_of_caffe: dict[str, LogReader]
) -> None:
    """One number more or less, and the first loss is another: torchcaffe as it is draws as Caffe 1.0 does."""
    log = scene.train("plain", solvers[name](f"{name} 1.0"), as_caffe_draws=False)
    first, other = log.train_points()[0].loss, logs_of_caffe[name].train_points()[0].loss
    assert abs(first / other - 1) > 10 * bounds.LOSSES
