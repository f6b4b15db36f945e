"""Trains in the real Caffe: `python run_real_solvers.py FOLDER DEVICE`, under the environment of that Caffe.

FOLDER/jobs.json lists the jobs, as `solver_job.train` takes them.
"""

from functools import partial

import caffe
from forked import run_jobs
from solver_job import train

run_jobs(partial(train, caffe))
