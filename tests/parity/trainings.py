"""Small trainings for the tests of solvers and snapshots: a net, its data and initial weights, and solvers for it.

The net is smooth, its batches are the same for both engines, and the rates are such that a rounding error does not
grow.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
import torch
from engines import run_script
from solver_job import train

import torchcaffe as caffe
from layerhint.realcaffe.find import RealCaffe

ITERATIONS = 200
HALF = ITERATIONS // 2
# HALF batches are a whole number of rounds, so that a run which goes on from HALF, and begins with the first row, sees
# what an uninterrupted one sees.
ROWS, BATCH = 20, 5

# Multipliers differ: 1 and 1; 2 and 0.5; nothing at all; a rate without decay, and decay without a rate.
MULTIPLIED = (
    "param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0.5 }",
    "param { lr_mult: 0 decay_mult: 0 } param { lr_mult: 1.5 decay_mult: 0 }",
    "param { lr_mult: 0.7 } param { lr_mult: 0 decay_mult: 1 }",
)
PLAIN = ("", "", "")
# The first layer, which owns the weights, does not ask for their gradient; the second does, and they stay all the same.
FROZEN_OWNER = (
    'param { name: "w" lr_mult: 0 decay_mult: 0 } param { lr_mult: 0 decay_mult: 0 }',
    'param { name: "w" } param { lr_mult: 2 }',
    "",
)
SHARED = ('param { name: "w" }', 'param { name: "w" } param { name: "b" }', 'param { name: "v" } param { name: "b" }')


def net(specs: Sequence[str], sizes: Sequence[int] = (9, 7, 6)) -> str:
    """Three fully connected layers of these sizes, the last one with a score for each class, and a softmax."""
    layers = f"""
layer {{ name: "data" type: "HDF5Data" top: "x" top: "class"
  hdf5_data_param {{ source: "@folder@/rows.txt" batch_size: {BATCH} }} }}
"""
    bottom = "x"
    for i, (spec, size) in enumerate(zip(specs, sizes, strict=True)):
        layers += f"""
layer {{ name: "fc{i}" type: "InnerProduct" bottom: "{bottom}" top: "fc{i}" {spec}
  inner_product_param {{ num_output: {size}
    weight_filler {{ type: "xavier" }} bias_filler {{ type: "uniform" min: -0.3 max: 0.3 }} }} }}
layer {{ name: "tanh{i}" type: "TanH" bottom: "fc{i}" top: "tanh{i}" }}
"""
        bottom = f"tanh{i}"
    return f'{layers}layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "{bottom}" bottom: "class" top: "loss" }}\n'


NETS = {
    "plain": net(PLAIN),
    "multiplied": net(MULTIPLIED),
    "shared": net(SHARED, (6, 6, 6)),
    "frozen owner": net(FROZEN_OWNER, (6, 6, 6)),
}


def write_scene(folder: Path) -> None:
    """The data, the nets, and each net's initial weights as NAME.caffemodel."""
    rng = np.random.default_rng(3)
    with h5py.File(folder / "rows.h5", "w") as file:
        file["x"] = rng.normal(size=(ROWS, 6)).astype(np.float32)
        file["class"] = rng.integers(6, size=ROWS).astype(np.float32)
    (folder / "rows.txt").write_text(f"{folder}/rows.h5\n")
    for name, text in NETS.items():
        path = folder / f"{name}.prototxt"
        path.write_text(text.replace("@folder@", str(folder)))
        caffe.set_random_seed(5)
        caffe.Net(str(path), caffe.TRAIN).save(str(folder / f"{name}.caffemodel"))


def write_solver(folder: Path, name: str, net_name: str, settings: str, engine: str) -> str:
    """The solver file for one engine, with a snapshot prefix of its own; gives the file's name."""
    file = f"{name} {engine}.prototxt"
    (folder / file).write_text(
        f'net: "{folder}/{net_name}.prototxt" solver_mode: CPU display: 0 {settings}\n'
        f'snapshot_prefix: "{folder}/{name} {engine}"\n'
    )
    return file


def run(engine: str, real: RealCaffe, folder: Path, jobs: Sequence[Mapping[str, object]], device: torch.device) -> None:
    """Leaves FOLDER/<name>.out.npz for every job. `device` is Caffe's: torchcaffe computes where its `mode` says."""
    if engine == "caffe":
        run_script(real, "run_real_solvers.py", folder, jobs, device)
        return
    for job in jobs:
        train(caffe, folder, dict(job))
