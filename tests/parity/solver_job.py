"""A training by pycaffe's interface, which is the same in both engines."""

from pathlib import Path
from types import ModuleType

import numpy as np


def train(caffe: ModuleType, folder: Path, job: dict) -> None:
    """Runs FOLDER/<solver> for some iterations, from `weights` or a `state`; writes FOLDER/<name>.out.npz.

    That holds the loss of every iteration, the params at the end, and, if there was one, those at the snapshot.
    """
    solver = caffe.get_solver(str(folder / job["solver"]))
    if "weights" in job:
        solver.net.copy_from(str(folder / job["weights"]))
    else:
        solver.restore(str(folder / job["state"]))
    results = {f"start {key}": values for key, values in _params(solver).items()}
    losses = []
    for _ in range(job["iterations"]):
        solver.step(1)
        losses.append(float(solver.net.blobs["loss"].data))
        if solver.iter == job.get("snapshot"):
            results |= {f"snapshot {key}": values for key, values in _params(solver).items()}
    results |= {f"end {key}": values for key, values in _params(solver).items()}
    np.savez(folder / f"{job['name']}.out.npz", losses=losses, **results)


def _params(solver: object) -> dict[str, np.ndarray]:
    params = solver.net.params.items()
    return {f"{layer} {i}": blob.data.copy() for layer, blobs in params for i, blob in enumerate(blobs)}
