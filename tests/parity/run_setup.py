"""Reads and sets up files in the real Caffe: `python run_setup.py FOLDER DEVICE`, under the environment of that Caffe.

FOLDER/jobs.json lists the jobs, each with a name, a `file` relative to FOLDER, and the `phase` of a net, or none for a
solver. What Caffe made of each file goes to FOLDER/<name>.json.
"""

import json
import os
from pathlib import Path

import caffe
from caffe.proto import caffe_pb2
from forked import run_jobs
from google.protobuf import text_format


def run(folder: Path, job: dict) -> None:
    os.chdir(folder)
    found = net(job["file"], job["phase"]) if job["phase"] else solver(job["file"])
    Path(f"{job['name']}.json").write_text(json.dumps(found))


def net(file: str, phase: str) -> dict:
    """Shapes of blobs and params; one batch is read from the database."""
    net = caffe.Net(file, getattr(caffe, phase))
    net._forward(0, 0)
    return {
        "layers": list(net._layer_names),
        "blobs": {name: list(blob.data.shape) for name, blob in net.blobs.items()},
        "params": {name: [list(blob.data.shape) for blob in blobs] for name, blobs in net.params.items()},
    }


def solver(file: str) -> dict:
    """The solver's own numbers, as Caffe's parser took them."""
    param = text_format.Parse(Path(file).read_text(), caffe_pb2.SolverParameter())
    return {field.name: str(value) for field, value in param.ListFields()}


run_jobs(run)
