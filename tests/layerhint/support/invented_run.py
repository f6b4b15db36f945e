"""An invented run: plausible records of experiments that were never run, for tests of the report.

Figures are the paper's where it prints them, else made up; every net adds noise of its own, drawn from its id. Nothing
here is a measurement.
"""

import base64
import hashlib
import io
import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from made_records import ENGINE, finished
from PIL import Image

from layerhint.driver.describe import describe
from layerhint.driver.drawn_nets import drawn_nets
from layerhint.experiments.experiment import Experiment
from layerhint.records import ids
from layerhint.records.cost import Cost, Latency, MeasureCostResult
from layerhint.records.curves import Curves, TestPoint, TrainPoint
from layerhint.records.finished import Finished, Result
from layerhint.records.records import write_experiment, write_finished
from layerhint.records.sample_sheet import SampleImagesResult, Strip
from layerhint.records.step_results import CopyWeightsResult, MakeDataResult
from layerhint.records.training import NOTHING_FROZEN, FrozenProof, TrainResult
from layerhint.rendering.layout import Layout
from layerhint.rendering.render import render
from layerhint.steps.training_result import identity
from layerhint.trainings.expand import expand_all
from layerhint.trainings.trainings import Training

CLASSES = {"cifar10": 10, "cifar100": 100, "mnist": 10}
TITLES = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "mnist": "MNIST"}
BASE = {"cifar10": 89.6, "cifar100": 71.0, "mnist": 99.45}
BONUS = {
    "plain": -1.2,
    "kd": -0.5,
    "hint-kd": 0.0,
    "hint-kd-plus": -0.3,
    "proposed": 0.7,
    "concurrent": 0.2,
    "sl-resnet": -0.8,
    "sl-resnet-kd": 0.3,
}
NOISE = {"cifar10": 0.12, "cifar100": 0.25, "mnist": 0.03}


@dataclass(frozen=True)
class Invented:
    """What a run holds: its experiments, and the trainings (by a part of their ids) that have not finished."""

    experiments: tuple[Experiment, ...]
    unfinished: tuple[str, ...] = ()


def write_run(folder: Path, invented: Invented) -> Path:
    """Writes the records below `folder`; returns their folder."""
    records, layout = folder / "records", Layout()
    trainings = {training.id: training for training in expand_all(invented.experiments)}
    done = {i: t for i, t in trainings.items() if not any(part in i for part in invented.unfinished)}
    figures = _figures(invented.experiments)
    for experiment in invented.experiments:
        texts = render([experiment], layout)
        nets = drawn_nets(experiment, layout, texts)
        write_experiment(records, describe(experiment).model_copy(update={"nets": nets}))
    for training in done.values():
        write_finished(records, _train_record(training, figures.get(training.id), layout))
        if training.init is not None:
            write_finished(records, _copy_record(training, done, layout))
        if training.deploy is not None:
            cost = MeasureCostResult(training=training.id, cost=_cost(training))
            write_finished(records, finished(ids.cost(training.id), cost))
    for dataset in {training.dataset for training in trainings.values()}:
        _write_data(records, dataset)
    return records


def _figures(experiments: Iterable[Experiment]) -> dict[str, float]:
    """P_c of the paper's own nets, by training; what it does not print is left out."""
    known: dict[str, float] = {}
    for experiment in experiments:
        reported = experiment.reported
        if reported is None or experiment.base is not None:
            continue
        record = describe(experiment)
        averages = {method: row.average for method, row in reported.methods.items()}
        rows: list[tuple[float | None, tuple[str | None, ...]]] = [
            (reported.teacher, (record.teacher.training,)),
            (reported.student, (record.student.training,)),
            *((averages.get(row.method), row.nets) for row in record.methods),
        ]
        for figure, nets in rows:
            for net in nets:
                if net is None or figure is None:
                    continue
                known.setdefault(net, 100 - figure if reported.measure == "error" else figure)
    return known


def _seeded(text: str) -> random.Random:
    return random.Random(hashlib.sha256(text.encode()).digest())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _train_record(training: Training, figure: float | None, layout: Layout) -> Finished[Result]:
    draw = _seeded(training.id)
    if figure is None:
        deeper = 0.04 * (training.train.net.depth - 8)
        figure = BASE[training.dataset] + BONUS[training.method] * NOISE[training.dataset] * 6 + deeper
    final = min(99.99, figure + draw.gauss(0, NOISE[training.dataset]))
    tests = _tests(training, final, draw) if training.test is not None else ()
    texts = [layout.solver(training), layout.train_net(training), layout.test_net(training)]
    initial, left = layout.initial_weights(training), layout.final_weights(training)
    result = TrainResult(
        training=identity(training),
        profile="paper",
        scale=1.0,
        overrides={},
        data="full",
        engine=ENGINE,
        device="an invented GPU",
        precision="float32",
        threads=None,
        made_by="driver",
        finished="2026-01-15T12:00:00+00:00",
        iterations_run=training.schedule.max_iter,
        iterations_per_second=476.19,
        lockstep=None,
        resumed_from=None,
        curves=Curves(train=_train_points(training, draw), test=tests),
        final=tests[-1].outputs if tests else None,
        frozen=NOTHING_FROZEN if training.frozen is None else _proof(training.frozen.training or ""),
    )
    inputs = {"engine": "torch", "data": _hash(training.dataset)}
    inputs |= {path: _hash(path) for path in (*texts, initial) if path}
    seconds = round(training.schedule.max_iter * 0.0021, 3)
    return finished(training.id, result, inputs, {left: _hash(left)}, seconds)


def _proof(teacher: str) -> FrozenProof:
    return FrozenProof(
        teacher=teacher, layers=78, batch_norm_layers=25, blobs=154, sha256=_hash(teacher), identical=True
    )


def _tests(training: Training, final: float, draw: random.Random) -> tuple[TestPoint, ...]:
    """Three plateaus, as the rate falls twice, ending at `final` (P_c in %)."""
    end, interval = training.schedule.max_iter, training.schedule.test_interval or 500
    drops, noise = (0.5 * end, 0.75 * end), NOISE[training.dataset]
    gap = {"cifar10": 9.0, "cifar100": 16.0, "mnist": 0.35}[training.dataset]
    points = []
    for iteration in range(interval, end + 1, interval):
        below = gap * (1 + 2 * math.exp(-iteration / (0.05 * end))) if iteration <= drops[0] else 0.35 * noise
        below = below if iteration <= drops[0] else (0.8 * noise if iteration <= drops[1] else 0.3 * noise)
        jitter = draw.gauss(0, 0.25 * gap if iteration <= drops[0] else 0.25 * noise)
        accuracy = final if iteration == end else min(99.99, final - abs(below + jitter) + (0.2 * noise))
        loss = 0.02 + 0.045 * (100 - accuracy) * (1 + 0.03 * draw.random())
        outputs = {"accuracy": round(max(accuracy, 1.0) / 100, 4), "loss": round(loss, 5)}
        points.append(TestPoint(iteration=iteration, outputs=outputs))
    return tuple(points)


def _train_points(training: Training, draw: random.Random) -> tuple[TrainPoint, ...]:
    end = training.schedule.max_iter
    every = max(1, end // 128)
    return tuple(
        TrainPoint(iteration=i, loss=round(sum(outputs.values()), 5), outputs=outputs, lr=_rate(training, i))
        for i in range(0, end, every)
        if (outputs := _losses(training, i, end, draw))
    )


def _losses(training: Training, iteration: int, end: int, draw: random.Random) -> dict[str, float]:
    if not training.train.pairs:
        return {"loss": round(0.2 + 2 * math.exp(-6 * iteration / end) * (1 + 0.1 * draw.random()), 5)}
    floor = 0.16 if training.method == "concurrent" else 0.09
    losses = {}
    for pair in training.train.pairs:
        elements = pair.hint.channels * pair.hint.size**2
        shape = floor + (1 - floor) * math.exp(-9 * iteration / end)
        losses[f"{pair.prefix}/loss"] = round(0.4 * elements * shape * (1 + 0.08 * draw.gauss(0, 1)), 4)
    return losses


def _rate(training: Training, iteration: int) -> float:
    if training.stage == 1:
        return 0.0001
    end = training.schedule.max_iter
    return 0.1 if iteration < 0.5 * end else 0.01 if iteration < 0.75 * end else 0.001


def _copy_record(training: Training, done: Mapping[str, Training], layout: Layout) -> Finished[Result]:
    parents = [layout.final_weights(done[parent]) for parent in training.parents if parent in done]
    paths = [layout.surgery(training) or "", layout.train_net(training), *parents]
    output = layout.initial_weights(training) or ""
    inputs = {"engine": "torch", **{path: _hash(path) for path in paths}}
    step = ids.initial_weights(training.id)
    return finished(step, CopyWeightsResult(engine=ENGINE), inputs, {output: _hash(output)})


def _cost(training: Training) -> Cost:
    net = training.train.net
    parameters = net.multiply_adds // 150
    return Cost(
        name=training.folder,
        parameters=parameters,
        stored=parameters,
        multiply_adds=net.multiply_adds,
        caffemodel_bytes=4 * parameters + 9000,
        layers=(),
        latency=Latency(
            milliseconds=net.multiply_adds / 3e7,
            batch=1,
            threads=1,
            runs=200,
            engine=ENGINE,
            machine="an invented CPU, 2 cores",
        ),
    )


def _write_data(records: Path, dataset: str) -> None:
    made = MakeDataResult(dataset=dataset, folder="data", train=50000, test=10000, seed=1, content=_hash(dataset))
    write_finished(records, finished(ids.data(dataset), made))
    count = 3 if CLASSES[dataset] <= 20 else 1
    sheet = SampleImagesResult(
        dataset=dataset,
        title=TITLES[dataset],
        database=f"data/{dataset}/test_lmdb",
        size=28 if dataset == "mnist" else 32,
        classes=tuple(
            Strip(label=label, name=f"class {label}", count=count, png=_picture(dataset, label, count))
            for label in range(CLASSES[dataset])
        ),
    )
    write_finished(records, finished(ids.samples(dataset), sheet))


def _picture(dataset: str, label: int, count: int) -> str:
    """Soft blobs of colour, grey for MNIST."""
    size = 28 if dataset == "mnist" else 32
    generator = np.random.default_rng(label)
    images = []
    for _ in range(count):
        coarse = generator.integers(0, 256, (4, 4, 1 if dataset == "mnist" else 3), dtype=np.uint8)
        images.append(np.kron(np.repeat(coarse, 3, 2)[..., :3], np.ones((size // 4, size // 4, 1), np.uint8)))
        images.append(np.full((size, 2, 3), 255, np.uint8))
    stream = io.BytesIO()
    Image.fromarray(np.concatenate(images[:-1], axis=1).astype(np.uint8)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()
