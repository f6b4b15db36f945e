"""Runs nets in the real Caffe: `python run_real.py FOLDER DEVICE`, under the environment of that Caffe.

FOLDER/jobs.json lists the jobs, each with the name of its FOLDER/<name>.prototxt and FOLDER/<name>.npz. The results go
to FOLDER/<name>.out.npz.
"""

from pathlib import Path

import caffe
import numpy as np
from forked import run_jobs


def run(folder: Path, job: dict) -> None:
    name = job["name"]
    given = np.load(folder / f"{name}.npz")
    caffe.set_random_seed(job["seed"])
    net = caffe.Net(str(folder / f"{name}.prototxt"), getattr(caffe, job["phase"]))
    results = {"names": np.array(list(net.blobs)), "outputs": np.array(list(net.outputs))}
    if "memory 0" in given:
        net.set_input_arrays(given["memory 0"], given["memory 1"])
    params = {f"{layer} {i}": blob for layer, blobs in net.params.items() for i, blob in enumerate(blobs)}
    for key, blob in params.items():
        results[f"filled {key}"] = blob.data.copy()
        if f"param {key}" in given:
            blob.data[...] = given[f"param {key}"]
    inputs = [key.removeprefix("input ") for key in given if key.startswith("input ")]
    for key in inputs:
        net.blobs[key].data[...] = given[f"input {key}"]
    for _ in range(job["repeat"]):
        results["loss"] = np.array(_forward(net))
    for key, blob in net.blobs.items():
        results[f"data {key}"] = blob.data.copy()
    if job["backward"]:
        for blob in params.values():
            blob.diff[...] = 0
        for key in net.outputs:
            net.blobs[key].diff[...] = given[f"weight {key}"]
        net.backward()
        for key in inputs if job["force"] else []:
            results[f"diff {key}"] = net.blobs[key].diff.copy()
        for key, blob in params.items():
            results[f"diff {key}"] = blob.diff.copy()
    for key, blob in params.items():
        results[f"param {key}"] = blob.data.copy()
    np.savez(folder / f"{name}.out.npz", **results)


def _forward(net: caffe.Net) -> float:
    return net._forward(0, len(net.layers) - 1)


run_jobs(run)
