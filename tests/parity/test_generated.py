"""Every net of the experiments, as `generated/` holds it, against the real Caffe.

Compared are every blob, the loss and every param's diff. A failure tells how far each engine is from torchcaffe in
float64, and so whose it is.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bounds
import numpy as np
import pytest
import torch
from engines import Case, distance, labels, normal, results_of_real, run_real, run_torchcaffe

from layerhint.experiments.experiment import Experiment, experiment_names, load_experiment
from layerhint.realcaffe.find import RealCaffe
from layerhint.rendering.render import render
from torchcaffe.proto.text import parse_net, to_text

pytestmark = pytest.mark.parity

IMAGES = 2
SUFFIXES = ("train.prototxt", "test.prototxt", "deploy.prototxt")
DRAWS = 4

Arrays = dict[str, np.ndarray]


def cases() -> dict[str, Case]:
    """By path below `generated/`. Of nets that differ in their names or batches only, the first."""
    found: dict[str, Case] = {}
    for experiment in map(load_experiment, experiment_names()):
        for path, text in sorted(render(experiment).items()):
            if path.endswith(SUFFIXES):
                case = fed_by_inputs(experiment, path, text)
                found.setdefault(case.prototxt(Path()) + case.phase, case)
    return {case.kind.replace("/", " "): case for case in found.values()}


def fed_by_inputs(experiment: Experiment, path: str, text: str) -> Case:
    """The net with inputs instead of a database."""
    net = parse_net(text, path)
    images = experiment.protocol.images
    pixels = normal(IMAGES, images.channels, images.size, images.size)
    inputs = {"data": lambda rng: 60 * pixels(rng)}
    if any("label" in layer.top for layer in net.layer):
        inputs["label"] = labels(experiment.protocol.classes, IMAGES)
    kept = [layer for layer in net.layer if layer.type not in ("Data", "Input")]
    del net.layer[:]
    net.layer.extend(kept)
    net.ClearField("name")
    train = path.endswith("train.prototxt")
    return Case(
        path.removeprefix("generated/").removesuffix(".prototxt"), "", inputs, before=to_text(net),
        phase="TRAIN" if train else "TEST", backward=train, force=False, random_params=False, trained=True,
    )  # fmt: skip


CASES = cases()


@pytest.mark.parametrize("name", CASES)
def test_net(
    name: str,
    real: RealCaffe,
    device: torch.device,
    ran: Path,
    tmp_path: Path,
    record: Callable[[str, str, str, float], None],
) -> None:
    case, folder = CASES[name], ran
    want, found = results(case, name, folder, device)
    for draw in range(1, DRAWS):
        if not far(want, found) or same_gates(want, found):
            break
        case, folder = replace(case, draw=draw), tmp_path
        run_real({name: case}, real, folder, device)
        want, found = results(case, name, folder, device)
    for path, got in found.items():
        for key in ("names", "outputs"):
            assert got[key].tolist() == want[key].tolist()
        record("nets", case.kind, path, max(distances(want, got).values()))
    problems = far(want, found)
    assert problems == [], whose(case, name, folder, want, found)


def results(case: Case, name: str, folder: Path, device: torch.device) -> tuple[Arrays, dict[str, Arrays]]:
    """Of Caffe, and of torchcaffe by each path."""
    given = dict(np.load(folder / f"{name}.npz"))
    paths = {
        path: run_torchcaffe(case, folder, given, fast=path == "fast", device=device) for path in ("plain", "fast")
    }
    return results_of_real(folder, name), paths


def distances(want: Arrays, got: Arrays) -> dict[str, float]:
    measured = [key for key in want if key not in ("names", "outputs") and not key.startswith("filled ")]
    return {key: distance(got[key], want[key]) for key in measured}


def far(want: Arrays, found: dict[str, Arrays]) -> list[str]:
    """The blobs and diffs beyond the bound, with the path that they are of."""
    return [
        f"{key}, {path}: {value:.1e}"
        for path, got in found.items()
        for key, value in distances(want, got).items()
        if value > bounds.NETS
    ]


def same_gates(want: Arrays, found: dict[str, Arrays]) -> bool:
    """Is every ReLU open where it is open in Caffe?

    A value within rounding of zero can be on either side of it, and then the gradient goes through in one engine and
    not in the other: nothing is to be learned from such a draw of inputs.
    """
    data = [key for key in want if key.startswith("data ")]
    return all(np.array_equal(got[key] == 0, want[key] == 0) for got in found.values() for key in data)


def whose(case: Case, name: str, folder: Path, want: Arrays, found: dict[str, Arrays]) -> str:
    """The largest distance of each engine from float64."""
    exact = run_torchcaffe(case, folder, dict(np.load(folder / f"{name}.npz")), torch.float64)
    lines = []
    for engine, got in {"Caffe": want, **found}.items():
        apart = distances(exact, got)
        worst = max(apart, key=lambda key: apart[key])
        lines.append(f"{engine}: {apart[worst]:.1e} from float64 in {worst}")
    return "\n".join(lines)
