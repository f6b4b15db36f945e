"""Every net of Table 1, as `generated/` holds it, against the real Caffe: every blob, the loss, every param's diff.

Both engines are held to torchcaffe in float64, which tells whose rounding it is.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from engines import Case, distance, labels, run_real, run_torchcaffe

from layerhint.experiment import load_experiment
from layerhint.realcaffe.find import RealCaffe
from layerhint.render import render
from torchcaffe.proto.text import parse_net, to_text

pytestmark = pytest.mark.parity

TOLERANCE = 1e-4
IMAGES = 3


def cases() -> dict[str, Case]:
    """The nets of the experiment, each once, fed by inputs instead of a database."""
    found: dict[str, Case] = {}
    for path, text in render(load_experiment("table1")).items():
        if not path.endswith(("_train.prototxt", "/train.prototxt", "/test.prototxt", "deploy.prototxt")):
            continue
        net = parse_net(text, path)
        inputs = {"data": lambda rng: 60 * rng.normal(size=(IMAGES, 3, 32, 32))}
        if any("label" in layer.top for layer in net.layer):
            inputs["label"] = labels(10, IMAGES)
        kept = [layer for layer in net.layer if layer.type not in ("Data", "Input")]
        del net.layer[:]
        net.layer.extend(kept)
        net.ClearField("name")
        phase = "TRAIN" if "train.prototxt" in path else "TEST"
        case = Case(
            path, "", inputs, phase=phase, backward=phase == "TRAIN", force=False, random_params=False, trained=True,
            before=to_text(net),
        )  # fmt: skip
        found.setdefault(case.before + phase, case)
    return {str(Path(case.kind).with_suffix("")).replace("/", "-"): case for case in found.values()}


CASES = cases()


@pytest.fixture(scope="module")
def outputs(real: RealCaffe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    run_real(CASES, real, folder)
    return folder


@pytest.mark.parametrize("fast", [False, True], ids=["plain", "fast"])
@pytest.mark.parametrize("name", CASES)
def test_net(name: str, fast: bool, outputs: Path, record_distance: Callable[[str, float], None]) -> None:
    case = CASES[name]
    file = outputs / f"{name}.out.npz"
    assert file.exists(), (outputs / f"{name}.log").read_text()
    real = dict(np.load(file))
    exact = run_torchcaffe(case, outputs, torch.float64)
    mine = run_torchcaffe(case, outputs, fast=fast)
    for key in ("names", "outputs"):
        wanted = real.pop(key).tolist()
        assert exact.pop(key).tolist() == wanted
        assert mine.pop(key).tolist() == wanted
    how = "fast" if fast else "plain"
    for engine, got in (("Caffe", real), (f"torchcaffe, {how}", mine)):
        distances = {key: distance(got[key], exact[key]) for key in exact if not key.startswith("filled ")}
        record_distance(f"{case.kind.removeprefix('generated/cifar10/')}, {engine}", max(distances.values()))
        assert {key: value for key, value in distances.items() if value > TOLERANCE} == {}
