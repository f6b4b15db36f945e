"""The driver's options: `python tools/run_pipeline.py --help`."""

import argparse
from typing import get_args

from layerhint.driver.budget import SPENT
from layerhint.engines.engine import FLOAT32
from layerhint.experiments.methods import Method


def make_parser() -> argparse.ArgumentParser:
    """The parser of the driver's arguments; `layerhint.driver.selection` says what the names among them mean."""
    parser = argparse.ArgumentParser(
        prog="run_pipeline.py",
        description="Runs the paper's method, step by step, as Caffe nets, and compares its tables with the paper's.",
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help="an experiment (table1), a group of them (cifar10), or a YAML file; "
        "`sensitivity NAME`: that one under every interpretation of what the paper leaves open; "
        "`status [NAME or RUN_DIR]`: what a run is doing, from another terminal",
    )
    parser.add_argument("--list", action="store_true", help="shows the experiments and groups, and exits")
    parser.add_argument("--profile", default="paper", help="paper (default), or smoke: every step on the sample")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies every schedule (0.01: a hundredth)")
    parser.add_argument("--methods", help=f"only these, separated by commas: {','.join(get_args(Method))}")
    parser.add_argument("--nets", type=int, help="how many students of each method (the paper: 3)")
    parser.add_argument(
        "--independent-stage1", action="store_true", help="repeats Stage 1 for each net (the paper's nets share one)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a switch or a number of experiments/protocols/*.yaml, which say what each means (shortcut=projection, "
        "lambda=4); may be repeated",
    )
    parser.add_argument(
        "--teacher-from",
        metavar="CAFFEMODEL",
        help="a trained teacher: it is tested and copied, and not trained again; if there are several, it replaces the "
        "one named in the description beside the caffemodel, else the experiment's own teacher",
    )
    parser.add_argument("--engine", default="torch", help="torch (default), or caffe: a real Caffe")
    parser.add_argument("--caffe-root", help="where the real Caffe is")
    parser.add_argument("--device", help="cpu, cuda:0, ... (default: a GPU if there is one)")
    parser.add_argument(
        "--precision", default=FLOAT32, help="float32 (default), or faster: tf32 on a GPU, bf16; in a folder of its own"
    )
    parser.add_argument(
        "--sweep",
        action="append",
        default=[],
        metavar="NAME=VALUE,VALUE...",
        help="the experiment under each value of a number or switch: --sweep lambda=3,4,5,6,7; may be repeated",
    )
    parser.add_argument("--plan", action="store_true", help="shows what would be done and why, and exits")
    parser.add_argument(
        "--out",
        help="the run's folder (default: runs/paper for the paper's protocol, else runs/<what differs from it>)",
    )
    parser.add_argument(
        "--snapshot-every",
        metavar="N",
        help="a snapshot every N iterations, such as 500, or every so many minutes, such as 5m, so that a crash costs "
        "no more (default: as the solvers say, every 5,000 iterations)",
    )
    parser.add_argument(
        "--budget",
        metavar="TIME",
        help=f"stop with a snapshot before this time is over (9m, 1.5h), with exit status {SPENT}",
    )
    parser.add_argument("--threads", type=int, help="CPU threads of a step (default: as PyTorch chooses)")
    parser.add_argument(
        "--no-lockstep",
        action="store_true",
        help="each training in a process of its own, also where several could share their teacher's work",
    )
    parser.add_argument("--tensorboard", action="store_true", help="writes TensorBoard's event files")
    parser.add_argument("--ray", metavar="ADDRESS", help="steps run on a Ray cluster; local: on all devices here")
    parser.add_argument(
        "--gpu-share",
        type=float,
        metavar="SHARE",
        help="share of a GPU for each step, with --ray (default: 1; 0.25: four at a time)",
    )
    return parser
