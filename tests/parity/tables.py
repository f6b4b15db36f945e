"""The tables of `results/parity.md`: what each shows, and its columns."""

from dataclasses import dataclass

import bounds
import not_there

COUNT = "cases"
"""The column that tells how many cases a row stands for."""


@dataclass(frozen=True)
class Table:
    """A table: what it shows, what its rows are, and its columns of errors, each with its heading.

    `gpu` tells that it is measured on a GPU as well; `lacking` says what has no row, and why.
    """

    title: str
    text: str
    rows: str
    columns: dict[str, str]
    count: bool = False
    gpu: bool = False
    lacking: str = ""


TABLES = {
    "layers": Table(
        "Layers",
        "Each type in a net of its own, or of a few layers, over a grid of its parameters, in place and shared where it"
        " can be: every blob, the loss, the gradients of all inputs and params, the params that the fillers drew and"
        f" those at the end. torchcaffe against Caffe, both in float32; bound {bounds.LAYERS:.0e}.",
        "type",
        {"worst": "worst error"},
        count=True,
        gpu=True,
        lacking=not_there.told(),
    ),
    "fillers": Table(
        "Fillers",
        "The numbers that a filler draws after the same `random_seed`, in units of the last place of a float32; bound"
        f" 0, and {bounds.NORMAL_ULPS} where they are from a normal distribution. The generator stands at the same"
        " place afterwards.",
        "type",
        {"worst": "worst error"},
        count=True,
    ),
    "nets": Table(
        "Generated nets",
        "Every net of the experiments, as it is under `generated/`, from the same weights and one small batch: the"
        " names and shapes of all blobs, every blob, the loss, the gradient of every param. torchcaffe against Caffe,"
        f" both in float32; bound {bounds.NETS:.0e}.",
        "net",
        {"plain": "layer by layer", "fast": "fast path"},
    ),
    "solvers": Table(
        "Solvers",
        "200 iterations of a small net from the same weights: the loss at each, and the params at the end. torchcaffe"
        f" against Caffe; bound {bounds.LOSSES:.0e}.",
        "solver",
        {"losses": "losses", "params": "params"},
        gpu=True,
    ),
    "snapshots": Table(
        "Snapshots",
        "Each engine goes on from the caffemodel and solverstate that the other wrote in the middle of the schedule:"
        " the losses of the rest, against the run that wrote them and was not interrupted (for `caffe train`: against"
        f" the engine that wrote them, going on from them too); bound {bounds.LOSSES:.0e}.",
        "solver and format",
        {"torch": "torchcaffe from Caffe's", "caffe": "Caffe from torchcaffe's"},
    ),
    "trainings": Table(
        "Trainings",
        "`caffe train` for 20 iterations with random crops and mirrors from the same `random_seed`; the worst of"
        f" torchcaffe's two paths. *Free* runs by itself: the loss, bound {bounds.LOSSES:.0e}. At the paper's rate of"
        " 0.1 training is chaotic: *Caffe from itself* is how far Caffe gets from its own losses when half of the"
        " initial weights move by a unit of their last place. There that bound is for the first five iterations, and"
        f" {bounds.CHAOTIC:.0e} for all. *Followed* begins every iteration at Caffe's params and momentum, so that no"
        f" rounding grows: the loss of all iterations, bound {bounds.LOSSES:.0e}, and, of the median iteration, the"
        f" worst momentum of a param, bound {bounds.NETS:.0e}.",
        "training",
        {
            "free early": "free, iterations 0-4",
            "free": "free, all",
            "caffe": "Caffe from itself",
            "followed loss": "followed, loss",
            "followed momentum": "followed, momentum",
        },
    ),
    "steps": Table(
        "Steps of the pipeline",
        "Every training of every method, of small nets, as the driver runs it on the real Caffe; then in torchcaffe by"
        " the same solver, from the same initial weights, with the same random crops and mirrors: the loss of the first"
        f" iteration, bound {bounds.NETS:.0e}, and of those after it, bound {bounds.LOSSES:.0e}.",
        "training",
        {"first": "iteration 0", "rest": "iterations 1-4"},
    ),
}
