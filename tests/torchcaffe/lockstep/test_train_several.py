"""`caffe train` with several solvers: each is the training that it would be alone."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from torchcaffe.errors import CaffeError, DeviceError
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import read_binary
from torchcaffe.solvers import Solver, snapshot

Caffe = Callable[..., tuple[int, str]]
MakeSolver = Callable[..., Path]
Plan = list[tuple[str, str, tuple[str, str]]]  # Names, nets, and what is changed in their solvers.

SAME = ("", "")
_STAMP = re.compile(r"^[IW]\d{4} [\d:.]+ +\d+ \S+\] ")
_PACE = re.compile(r"\([\d.e+-]+ iter/s, [\d.e+-]+s/")


def said(log: str) -> list[str]:
    """The messages of a log, but for what is of its time and place."""
    lines = [_PACE.sub("(", _STAMP.sub("", line)) for line in log.splitlines()]
    return [re.sub("/(alone|together)/", "/group/", line) for line in lines]


def states(folder: Path) -> dict[str, tuple[bytes, object, object]]:
    """Of each solverstate: its caffemodel, itself, and what torchcaffe adds to it."""
    found = {}
    for path in sorted(folder.glob("*.solverstate")):
        state = read_binary(path, caffe_pb2.SolverState)
        extra = json.loads(state.torchcaffe_state)
        state.learned_net, state.torchcaffe_state = "", b""
        found[path.name] = path.with_suffix(".caffemodel").read_bytes(), state, extra
    return found


class Runs:
    """The same trainings one after the other (`alone`), and in lockstep (`together`)."""

    def __init__(self, caffe: Caffe, solver: MakeSolver, folder: Path, out: Path) -> None:
        self.caffe, self.solver, self.folder, self.out = caffe, solver, folder, out

    def alone(self, plan: Plan) -> None:
        for number, (name, net, change) in enumerate(plan, start=1):
            status, err = self.caffe(*self.flags("alone", name, net, change, number))
            assert status == 0, err

    def together(self, plan: Plan, start: str = "-weights") -> tuple[int, str]:
        flags = [
            self.flags("together", name, net, change, number, start)
            for number, (name, net, change) in enumerate(plan, 1)
        ]
        return self.caffe(*[flag for of_one in flags for flag in of_one])

    def flags(
        self, group: str, name: str, net: str, change: tuple[str, str], number: int, start: str = "-weights"
    ) -> list[str]:
        solver = self.solver(group, name, net, change)
        begin = self.folder / f"{number}.caffemodel" if start == "-weights" else self.out / group / f"{name}{start}"
        flag = "-weights" if start == "-weights" else "-snapshot"
        return ["-solver", str(solver), flag, str(begin), "-log_file", str(self.log(group, name))]

    def log(self, group: str, name: str) -> Path:
        return self.out / group / f"{name}.log"

    def assert_same(self, plan: Plan) -> None:
        assert states(self.out / "together") == states(self.out / "alone")
        assert len(states(self.out / "alone")) == 2 * len(plan)
        for name, *_ in plan:
            alone, together = (said(self.log(group, name).read_text()) for group in ("alone", "together"))
            # Data that are read once for all are read in the log of whoever's turn it is.
            alone, together = ([x for x in lines if not x.startswith("Restarting data")] for lines in (alone, together))
            assert [line for line in together if not line.startswith("Lockstep of ")] == alone


@pytest.fixture
def runs(caffe: Caffe, solver: MakeSolver, folder: Path, tmp_path: Path) -> Runs:
    return Runs(caffe, solver, folder, tmp_path)


THREE_KD: Plan = [("a", "kd", SAME), ("b", "kd", SAME), ("c", "kd", SAME)]


@pytest.mark.parametrize(("said", "count", "taken"), [(None, 1, None), (None, 2, "32"), ("4", 2, "4")])
def test_several_have_all_queues_of_a_gpu(
    said: str | None, count: int, taken: str | None, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is settled before anything looks for a GPU."""
    variable, found = "CUDA_DEVICE_MAX_CONNECTIONS", []
    monkeypatch.setenv(variable, said or "")
    if said is None:
        monkeypatch.delenv(variable)

    def look() -> bool:
        found.append(os.environ.get(variable))
        raise DeviceError("it goes no further")

    monkeypatch.setattr(torch.cuda, "is_available", look)
    assert runs.together([(f"{i}", "kd", ("solver_mode: CPU", "solver_mode: GPU")) for i in range(count)])[0] == 1
    assert found == [taken]


def test_three_students_of_one_teacher(runs: Runs) -> None:
    """Tests at 3 and 6, snapshots at 5 and 8, a display and its forward pass after the end at 8; Dropout draws."""
    runs.alone(THREE_KD)
    status, err = runs.together(THREE_KD)
    assert status == 0, err
    runs.assert_same(THREE_KD)
    (line,) = (line for line in said(err) if line.startswith("Lockstep"))
    assert line == (
        "Lockstep of 3 trainings: 1 Data for 3 nets, 2 Convolution+BatchNorm+Scale+ReLU for 3 nets, "
        "1 Eltwise for 3 nets, 1 Pooling for 3 nets, 1 InnerProduct for 3 nets, 1 Softmax for 3 nets"
    )


def test_other_losses_lengths_and_data(runs: Runs) -> None:
    """The last one mirrors by a seed of its own, so that it shares nothing; another sums up two batches."""
    plan: Plan = [
        ("plain", "plain", ("max_iter: 8", "max_iter: 6")),
        ("hint", "hint", SAME),
        ("sum", "kd", ("display: 2", "display: 3 iter_size: 2")),
        ("kd", "kd", ("test_interval: 3", "test_interval: 4")),
        ("own", "kd", ("random_seed: 5", "random_seed: 6")),
    ]
    runs.folder.joinpath("4.caffemodel").write_bytes(runs.folder.joinpath("1.caffemodel").read_bytes())
    runs.folder.joinpath("5.caffemodel").write_bytes(runs.folder.joinpath("2.caffemodel").read_bytes())
    runs.alone(plan)
    status, err = runs.together(plan)
    assert status == 0, err
    runs.assert_same(plan)
    (line,) = (line for line in said(err) if line.startswith("Lockstep"))
    assert line.startswith("Lockstep of 5 trainings: 1 Data for 3 nets, 2 Convolution+BatchNorm+Scale+ReLU for 2 nets")


def test_they_go_on_from_snapshots_of_one_iteration(runs: Runs) -> None:
    runs.alone(THREE_KD)
    assert runs.together(THREE_KD)[0] == 0
    for path in runs.out.joinpath("together").glob("*_iter_8.*"):
        path.unlink()
    status, err = runs.together(THREE_KD, start="_iter_5.solverstate")
    assert status == 0, err
    assert states(runs.out / "together") == states(runs.out / "alone")
    begun = runs.out / "together" / "b_iter_8.solverstate"
    mixed = [
        *runs.flags("together", "a", "kd", SAME, 1, "_iter_5.solverstate"),
        "-solver",
        begun.with_name("b.prototxt"),
    ]
    status, err = runs.caffe(*mixed, "-snapshot", begun)
    assert status == 1
    assert "go on from one iteration" in err
    assert "a_iter_5.solverstate is of 5" in err


def test_one_that_fails_ends_alone(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    write = snapshot.write

    def full(solver: Solver) -> Path:
        if solver.param.snapshot_prefix.endswith("/together/a"):
            raise CaffeError("no space is left")
        return write(solver)

    runs.alone(THREE_KD)
    monkeypatch.setattr(snapshot, "write", full)
    status, err = runs.together(THREE_KD)
    assert status == 1
    assert err.splitlines()[-1] == f"error: {runs.out}/together/a.prototxt: no space is left"
    assert runs.log("together", "a").read_text().splitlines()[-1] == "error: no space is left"
    alone = states(runs.out / "alone")
    assert states(runs.out / "together") == {name: state for name, state in alone.items() if not name.startswith("a_")}


def test_without_a_file_of_its_own_a_line_says_whose_it_is(caffe: Caffe, solver: MakeSolver, folder: Path) -> None:
    one, two = solver("together", "a", "plain"), solver("together", "b", "plain")
    status, err = caffe("-solver", one, "-solver", two)
    assert status == 0, err
    shown = [line for line in said(err) if "Iteration 2 " in line]
    assert [line.split(": ")[0] for line in shown] == [
        str(one).replace("together", "group"),
        str(two).replace("together", "group"),
    ]
    assert len([line for line in said(err) if line == "Use CPU."]) == 1


def test_a_single_training_may_have_its_log_in_a_file(caffe: Caffe, solver: MakeSolver, tmp_path: Path) -> None:
    status, err = caffe("-log_file", tmp_path / "log", "-solver", solver("alone", "a", "plain"))
    assert status == 0
    assert "Solving plain" in said((tmp_path / "log").read_text())
    assert said(err)[0] == said((tmp_path / "log").read_text())[0] == "Use CPU."
    assert "Solving plain" not in said(err)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["-plain"], "give one -solver"),
        (["-snapshot", "{b}"], "some trainings go on from a -snapshot"),
        (["-solver", "{a}"], "two trainings have the snapshot_prefix"),
        (["-gpu", "x"], "-gpu takes the number of a GPU"),
    ],
)
def test_wrong_use_is_one_plain_line(
    caffe: Caffe, solver: MakeSolver, folder: Path, more: list[str], message: str
) -> None:
    a, b = solver("together", "a", "plain"), solver("together", "b", "plain")
    assert caffe("-solver", b)[0] == 0
    places = {"a": a, "b": b.with_name("b_iter_8.solverstate")}
    status, err = caffe("-solver", a, "-solver", b, *(flag.format(**places) for flag in more))
    assert status == 1
    assert err.splitlines()[-1].startswith("error: ")
    assert message in err.splitlines()[-1]


def test_one_log_file_for_two_is_refused(caffe: Caffe, solver: MakeSolver, tmp_path: Path) -> None:
    log = ["-log_file", tmp_path / "log"]
    status, err = caffe("-solver", solver("together", "a"), *log, "-solver", solver("together", "b"), *log)
    assert status == 1
    assert "two trainings have the -log_file" in err
