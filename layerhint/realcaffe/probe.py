"""Checks whether a Caffe can be trusted, by short runs of its command and its Python module with known results."""

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from layerhint.caffe_command import WHOLE_LOG
from layerhint.errors import LayerhintError
from layerhint.realcaffe.caffe_explanation import explain
from layerhint.realcaffe.find import RealCaffe
from layerhint.realcaffe.gpu import Gpu, ask_for_gpu

SCRIPT = Path(__file__).with_name("pycaffe_probe.py")
# Sum of 0.999^k for k < 20: what BatchNorm's third blob holds after 20 training passes
BATCHNORM_FACTOR = (1 - 0.999**20) / (1 - 0.999)
BATCHNORM_TOLERANCE = 1e-3
GPU_LOSS = 36.0  # 9 w^2 of the linear net, with w = 2

# With W filled with one value w: y = (3 w, 3 w), so the loss is 2 (3 w)^2 / 2 = 9 w^2
_LINEAR = """
layer {{ name: "data" type: "DummyData" top: "x" top: "t"
  dummy_data_param {{ shape {{ dim: 1 dim: 3 }} shape {{ dim: 1 dim: 2 }}
    data_filler {{ type: "constant" value: 1 }} data_filler {{ type: "constant" value: 0 }} }} }}
layer {{ name: "y" type: "InnerProduct" bottom: "x" top: "y" inner_product_param {{
  num_output: 2 bias_term: false weight_filler {{ type: "constant" value: {value} }} }} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }}
"""
_BATCHNORM = """
layer { name: "data" type: "DummyData" top: "x" top: "t"
  dummy_data_param { shape { dim: 5 dim: 3 } shape { dim: 5 dim: 2 }
    data_filler { type: "gaussian" } data_filler { type: "constant" } } }
layer { name: "bn" type: "BatchNorm" bottom: "x" top: "bn"
  param { lr_mult: 0 decay_mult: 0 } param { lr_mult: 0 decay_mult: 0 } param { lr_mult: 0 decay_mult: 0 } }
layer { name: "y" type: "InnerProduct" bottom: "bn" top: "y"
  inner_product_param { num_output: 2 weight_filler { type: "gaussian" std: 0.1 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""
_SOLVER = (
    'net: "{name}.prototxt" base_lr: {rate} lr_policy: "fixed" momentum: 0.9 weight_decay: 0.1\n'
    'max_iter: {iterations} display: 1 snapshot_prefix: "{name}" solver_mode: CPU random_seed: 1\n'
)


@dataclass(frozen=True)
class Probe:
    """What a real Caffe does: its version line, its layer types, and the traits that decide a result.

    `gpu_loss` is the first loss of the linear net with weights of 2, on the first GPU; None where that cannot be run.
    """

    version: str
    layer_types: tuple[str, ...]
    gpu: Gpu
    honours_weights: bool
    batchnorm_factor: float
    gpu_loss: float | None = None

    def faults(self) -> list[str]:
        """Traits that would falsify a run, in plain words; empty for a good Caffe."""
        found = []
        if not self.honours_weights:
            found.append("`caffe train -weights` ignores the weights")
        if abs(self.batchnorm_factor - BATCHNORM_FACTOR) > BATCHNORM_TOLERANCE:
            found.append(
                "training changes BatchNorm's statistics beyond the moving average: the factor after 20 "
                f"iterations is {self.batchnorm_factor:.4f}, expected {BATCHNORM_FACTOR:.4f}"
            )
        if self.gpu_loss not in (None, GPU_LOSS):
            found.append(f"on the GPU a loss that is {GPU_LOSS:g} came out as {self.gpu_loss:g}")
        return found


def verify(real: RealCaffe) -> Probe:
    """Probes the Caffe and refuses one that would falsify results.

    Raises:
        LayerhintError: it does not run, or a trait is wrong.
    """
    result = probe(real)
    faults = result.faults()
    if faults:
        raise LayerhintError(
            f"the Caffe at {real.root} cannot be used: {'; '.join(faults)}. Build one with `make caffe`"
        )
    return result


def probe(real: RealCaffe) -> Probe:
    """Runs the command and the Python module in a temporary folder, about a second in all.

    Raises:
        LayerhintError: one of the two does not run; the message says why.
    """
    version = run(real, [str(real.binary), "--version"], Path.cwd()).splitlines()[0]
    with tempfile.TemporaryDirectory(prefix="caffe-probe-") as name:
        folder = Path(name)
        honours = _honours_weights(real, folder)
        train(real, folder, "batchnorm", _BATCHNORM, rate=0.1, iterations=20)
        # as text, not as a file: a script's own folder would come first among the places it imports from
        script = SCRIPT.read_text(encoding="utf-8")
        answer = run(real, [str(real.python), "-c", script, "batchnorm_iter_20.caffemodel"], folder)
        facts = json.loads(answer.splitlines()[-1])
        gpu = ask_for_gpu(real).gpu
        gpu_loss = _loss_on_gpu(real, folder) if gpu is Gpu.READY else None
    return Probe(version, tuple(facts["layer_types"]), gpu, honours, float(facts["batchnorm_factor"]), gpu_loss)


def train(real: RealCaffe, folder: Path, name: str, net: str, rate: float, iterations: int, *flags: str) -> str:
    """Writes the net and its solver into the folder and runs `caffe train` there; returns its log."""
    (folder / f"{name}.prototxt").write_text(net, encoding="utf-8")
    solver = folder / f"{name}_solver.prototxt"
    solver.write_text(_SOLVER.format(name=name, rate=rate, iterations=iterations), encoding="utf-8")
    return run(real, [str(real.binary), "train", "-solver", solver.name, *flags], folder)


def run(real: RealCaffe, command: list[str], folder: Path) -> str:
    """Runs a command in Caffe's environment; returns what it printed, standard error first.

    Raises:
        LayerhintError: it failed; the message says why.
    """
    environment = real.environment | WHOLE_LOG
    try:
        result = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise LayerhintError(f"the Caffe at {real.root} does not run: {fault}") from fault
    if result.returncode != 0:
        raise LayerhintError(
            f"the Caffe at {real.root} does not run: `{command[0]} {command[1]} ...`: "
            f"{explain((result.stderr + result.stdout).splitlines(), result.returncode)}"
        )
    return result.stderr + result.stdout


def first_loss(log: str) -> float:
    """The loss that `caffe train` logged at iteration 0 (Caffe 1.0, `src/caffe/solver.cpp`)."""
    found = re.search(r"Iteration 0(?: \(.*\))?, loss = (\S+)", log)
    if found is None:
        raise LayerhintError("`caffe train` logged no `Iteration 0, loss = ...`")
    return float(found[1])


def _honours_weights(real: RealCaffe, folder: Path) -> bool:
    """Weights of 3 given to a net that is filled with 0: the first loss is 9 * 3^2 = 81 if they are taken."""
    train(real, folder, "given", _LINEAR.format(value=3), 0.0, 1)
    log = train(real, folder, "linear", _LINEAR.format(value=0), 0.0, 1, "-weights", "given_iter_1.caffemodel")
    return first_loss(log) == 81.0


def _loss_on_gpu(real: RealCaffe, folder: Path) -> float:
    return first_loss(train(real, folder, "gpu", _LINEAR.format(value=2), 0.0, 1, "-gpu", "0"))
