"""Learning rates of the real Caffe: `python run_real_rates.py FOLDER DEVICE`, under the environment of that Caffe.

FOLDER/jobs.json lists the jobs: a name, the solver's file and the iterations. In its net a param has the gradient 1,
so that each update leaves the rate in the param's diff, as the float that Caffe multiplied by.
"""

from pathlib import Path

import caffe
import numpy as np
from forked import run_jobs


def rates(folder: Path, job: dict) -> None:
    solver = caffe.get_solver(str(folder / job["solver"]))
    found = []
    for _ in range(job["iterations"]):
        solver.step(1)
        found.append(solver.net.params["w"][0].diff.copy())
    np.savez(folder / f"{job['name']}.out.npz", rates=np.concatenate(found))


run_jobs(rates)
