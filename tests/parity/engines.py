"""A net in torchcaffe and in the real Caffe: the same prototxt, seed, params and inputs."""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from data_files import write_data
from reader_thread import reader_thread

from layerhint.realcaffe.find import RealCaffe
from torchcaffe.errors import CaffeError
from torchcaffe.fast import compile_net
from torchcaffe.layer_types.memory_data import MemoryDataLayer
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net
from torchcaffe.rng import set_random_seed

SEED = 7
CPU = torch.device("cpu")

Draw = Callable[[np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Case:
    """A layer: its type, its prototxt without name and type, and how its inputs are drawn, by name.

    With `random_params` all params are drawn at random; with `trained` only the statistics of BatchNorm are, as if
    the net had been trained, and the fillers' draws are kept. `before` is layers that come first, or, without a
    `text`, the whole net. `there` is what the real Caffe gets instead of `text`, as whole layers, where its source has
    another form of the type. `force` asks for the inputs' gradients. `memory` draws the arrays of a MemoryData layer,
    the net's first. Another `draw` gives other random numbers. In a prototxt `@folder@` is the folder of `write_data`,
    and `@engine@` is caffe or torchcaffe. `cpu_only` tells why it cannot be compared on a GPU.
    """

    kind: str
    text: str
    inputs: dict[str, Draw] = field(default_factory=dict)
    phase: str = "TRAIN"
    backward: bool = True
    force: bool = True
    repeat: int = 1
    random_params: bool = True
    trained: bool = False
    before: str = ""
    there: str = ""
    memory: tuple[Draw, Draw] | None = None
    draw: int = 0
    cpu_only: str = ""

    def prototxt(self, folder: Path, there: bool = False) -> str:
        text = f"force_backward: {str(self.backward and self.force).lower()}\n"
        for name, draw in self.inputs.items():
            dims = " ".join(f"dim: {d}" for d in draw(np.random.default_rng(0)).shape)
            shape = f"input_param {{ shape {{ {dims} }} }}"
            text += f'layer {{ name: "{name}" type: "Input" top: "{name}" {shape} }}\n'
        text += self.before
        if there and self.there:
            text += self.there
        elif self.text:
            text += f'\nlayer {{ name: "l" type: "{self.kind}" {self.text} }}\n'
        return text.replace("@folder@", str(folder)).replace("@engine@", "caffe" if there else "torchcaffe")


def normal(*shape: int) -> Draw:
    return lambda rng: rng.normal(size=shape)


def positive(*shape: int) -> Draw:
    return lambda rng: rng.uniform(0.5, 2, size=shape)


def labels(classes: int, *shape: int) -> Draw:
    return lambda rng: rng.integers(classes, size=shape)


def fixed(*values: float | list[float]) -> Draw:
    return lambda _: np.array(values)


def wide(*shape: int) -> Draw:
    return lambda rng: 20 * rng.normal(size=shape)


def given_arrays(case: Case, folder: Path) -> dict[str, np.ndarray]:
    """Inputs, params and the gradients of the outputs, drawn for this case, float32."""
    rng = np.random.default_rng([len(case.text), case.draw])
    net = build(case, folder)
    arrays = {f"input {name}": draw(rng) for name, draw in case.inputs.items()}
    if case.memory:
        arrays |= {f"memory {i}": draw(rng).astype(np.float32) for i, draw in enumerate(case.memory)}
        give_memory(net, arrays)
    if case.random_params:
        for layer in net.layers:
            for i, blob in enumerate(layer.blobs):
                # Positive, so that they do as variances as well.
                arrays[f"param {layer.name} {i}"] = rng.uniform(0.5, 2, size=blob.shape)
    for name in case.inputs:
        net.blob(name).data = torch.from_numpy(arrays[f"input {name}"].astype(np.float32))
    if case.trained:
        arrays |= trained_params(net, rng)
    net.forward()  # A Filter layer's top has its shape only now.
    for name, blob, _ in net.outputs():
        arrays[f"weight {name}"] = rng.normal(size=blob.shape)
    return {key: np.asarray(values, dtype=np.float32) for key, values in arrays.items()}


def trained_params(net: Net, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The fillers' draws, and statistics as a BatchNorm has them after some training."""
    arrays = {f"param {la.name} {i}": blob.data.numpy().copy() for la in net.layers for i, blob in enumerate(la.blobs)}
    for layer in net.layers:
        if layer.param.type == "BatchNorm":
            mean, var, _ = (blob.shape for blob in layer.blobs)
            arrays[f"param {layer.name} 0"] = rng.normal(scale=0.3, size=mean)
            arrays[f"param {layer.name} 1"] = rng.uniform(1, 4, size=var)
            arrays[f"param {layer.name} 2"] = np.array([2.0])
    return arrays


def give_memory(net: Net, arrays: Mapping[str, np.ndarray]) -> None:
    layer = net.layers[0]
    assert isinstance(layer, MemoryDataLayer)
    layer.set_arrays(arrays["memory 0"], arrays["memory 1"])


def build(case: Case, folder: Path, dtype: torch.dtype = torch.float32, device: torch.device = CPU) -> Net:
    param = parse_net(case.prototxt(folder))
    param.state.phase = getattr(caffe_pb2, case.phase)
    set_random_seed(SEED)
    with reader_thread():
        return Net(param, device=device, dtype=dtype)


def run_torchcaffe(
    case: Case,
    folder: Path,
    arrays: Mapping[str, np.ndarray],
    dtype: torch.dtype = torch.float32,
    fast: bool = False,
    device: torch.device = CPU,
) -> dict[str, np.ndarray]:
    """What `run_real.py` does with the case's `given_arrays`, in torchcaffe; `fast` by its fused layers."""
    given = {key: torch.from_numpy(values).to(device, dtype) for key, values in arrays.items()}
    net = build(case, folder, dtype, device)
    if case.memory:
        give_memory(net, arrays)
    params = {f"{layer.name} {i}": blob for layer in net.layers for i, blob in enumerate(layer.blobs)}
    results = {f"filled {key}": blob.data.clone() for key, blob in params.items()}
    for key, blob in params.items():
        if f"param {key}" in given:
            blob.data.copy_(given[f"param {key}"])
    for name in case.inputs:
        net.blob(name).data = given[f"input {name}"]
    if fast:
        net.program = compile_net(net)
    for _ in range(case.repeat):
        results["loss"] = net.forward()
    names = [name for name in net.blob_names if name != "(automatic)"]
    results |= {f"data {name}": net.blob(name).data for name in names}
    if case.backward:
        for name, blob, _ in net.outputs():
            blob.diff = given[f"weight {name}"]
        net.backward()
        results |= {f"diff {name}": net.blob(name).diff for name in case.inputs if case.force}
        results |= {f"diff {key}": blob.diff for key, blob in params.items()}
    results |= {f"param {key}": blob.data for key, blob in params.items()}
    found = {key: values.cpu().numpy() for key, values in results.items()}
    return found | {"names": np.array(names), "outputs": np.array([name for name, _, _ in net.outputs()])}


def run_real(cases: Mapping[str, Case], real: RealCaffe, folder: Path, device: torch.device) -> None:
    """Leaves FOLDER/<name>.out.npz for every case that the real Caffe could run, and its log."""
    write_data(folder)
    jobs = []
    for name, case in cases.items():
        (folder / f"{name}.prototxt").write_text(case.prototxt(folder, there=True))
        with suppress(CaffeError):  # What torchcaffe refuses fails in the test of that case.
            np.savez(folder / f"{name}.npz", **given_arrays(case, folder))
        told = {key: getattr(case, key) for key in ("phase", "backward", "force", "repeat")}
        jobs.append({"name": name, "seed": SEED, **told})
    run_script(real, "run_real.py", folder, jobs, device)


def run_script(
    real: RealCaffe, script: str, folder: Path, jobs: Sequence[Mapping[str, object]], device: torch.device = CPU
) -> None:
    """Runs a script of this folder in the real Caffe, on FOLDER and its jobs."""
    (folder / "jobs.json").write_text(json.dumps(jobs))
    environment = real.environment | {"OPENBLAS_NUM_THREADS": "1", "GLOG_minloglevel": "1"}
    command = [real.python, Path(__file__).with_name(script), folder, str(device)]
    # On a GPU a job may end the script; what came before it counts.
    subprocess.run(command, env=environment, check=device.type == "cpu", timeout=600)


def results_of_real(folder: Path, name: str) -> dict[str, np.ndarray]:
    """What the real Caffe left; where it did not come to its end, its log is the error."""
    file, log = folder / f"{name}.out.npz", folder / f"{name}.log"
    assert file.exists(), log.read_text() if log.exists() else "the script ended before it"
    return dict(np.load(file))


def distance(got: np.ndarray, want: np.ndarray) -> float:
    """||got - want|| / ||want||; where want is all zeros, ||got||. NaN must meet NaN."""
    assert got.shape == want.shape
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    got, want = np.nan_to_num(got.astype(np.float64)), np.nan_to_num(want.astype(np.float64))
    return float(np.linalg.norm(got - want) / (np.linalg.norm(want) or 1.0))
