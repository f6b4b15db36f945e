"""The `caffe` command of torchcaffe against the real one: exit statuses, log lines, and the files that are left.

Where the two differ on purpose, or the source that `make caffe` builds differs from Caffe 1.0, it says so here and in
`both_commands`.
"""

import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from both_commands import BothCommands, assert_same_log, assert_same_words, files, messages, without_weights
from data_files import write_data

from layerhint.realcaffe.find import RealCaffe
from layerhint.realcaffe.gpu import Gpu, ask_for_gpu

pytestmark = pytest.mark.parity

ABORTED = -signal.SIGABRT
NET = """name: "small"
layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {
  shape { dim: 3 dim: 2 dim: 5 dim: 4 } shape { dim: 3 } data_filler { type: "gaussian" } data_filler {} } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 5 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" include { stage: "wet" min_level: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" loss_weight: 2 }
layer { name: "acc" type: "Accuracy" bottom: "ip" bottom: "label" top: "acc" include { phase: TEST } }
"""
SOLVER = """net: "net.prototxt" base_lr: 0.05 lr_policy: "fixed" momentum: 0.9 max_iter: 4 display: 2
test_iter: 2 test_interval: 2 snapshot: 3 snapshot_prefix: "s" random_seed: 3 solver_mode: CPU
"""
WITHOUT_TESTS = SOLVER.replace("net:", "train_net:", 1).replace("test_iter: 2 test_interval: 2", "")


@pytest.fixture
def both(
    real: RealCaffe, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> BothCommands:
    found = BothCommands(real, tmp_path, capsys, monkeypatch)
    found.write(net=NET, solver=SOLVER)
    return found


# Command lines: arguments, the real Caffe's status, torchcaffe's.
FINE = [
    [],
    ["--version"],
    ["device_query"],
    ["train", "-solver", "solver.prototxt"],
    ["train", "--solver=solver.prototxt", "-alsologtostderr", "-v=1", "--stderrthreshold", "2"],
    ["-solver", "solver.prototxt", "train"],
    ["time", "-model", "net.prototxt", "-iterations=2", "-phase", "TEST"],
]
REFUSED_BY_GFLAGS = [
    ["train", "-slover", "x"],
    ["train", "-solver"],
    ["train", "-solver=solver.prototxt", "-iterations=many"],
    ["train", "-solver=solver.prototxt", "-level", "x"],
]
# Caffe aborts, and a shell shows 134. torchcaffe ends with 1: an abort's core file and stack trace help nobody.
REFUSED_BY_CAFFE = [
    ["trian"],
    ["train"],
    ["test"],
    ["test", "-model", "net.prototxt"],
    ["time"],
    ["train", "-solver", "gone.prototxt"],
    ["train", "-solver", "solver.prototxt", "-weights", "gone.caffemodel"],
    ["train", "-solver", "solver.prototxt", "-snapshot", "gone.solverstate"],
    ["train", "-solver", "solver.prototxt", "-snapshot", "s", "-weights", "w"],
    ["train", "-solver", "solver.prototxt", "-sigint_effect", "halt"],
    ["train", "-solver", "solver.prototxt", "-sighup_effect", "halt"],
    ["train", "-solver", "solver.prototxt", "-gpu", "first"],
    ["test", "-model", "gone.prototxt", "-weights", "gone.caffemodel"],
    ["test", "-model", "net.prototxt", "-weights", "gone.caffemodel"],
    ["time", "-model", "net.prototxt", "-phase", "train"],
]
OTHERWISE_ON_PURPOSE = [
    # gflags ends with 1 after the help that was asked for; that is no failure.
    (["-help"], 1, 0),
    # Caffe shows its usage, runs nothing and ends with 0; a script would take that for a training.
    (["train", "extra", "-solver", "solver.prototxt"], 0, 1),
    # Caffe divides by zero and shows nan.
    (["time", "-model", "net.prototxt", "-iterations=0"], 0, 1),
]


@pytest.mark.parametrize(
    ("arguments", "caffe", "torch"),
    [
        *((arguments, 0, 0) for arguments in FINE),
        *((arguments, 1, 1) for arguments in REFUSED_BY_GFLAGS),
        *((arguments, ABORTED, 1) for arguments in REFUSED_BY_CAFFE),
        *OTHERWISE_ON_PURPOSE,
    ],
    ids=lambda value: " ".join(value) or "nothing" if isinstance(value, list) else "",
)
def test_exit_status(both: BothCommands, arguments: list[str], caffe: int, torch: int) -> None:
    want, got = both.run(*arguments)
    assert (want.status, got.status) == (caffe, torch)
    assert got.files == want.files


@pytest.mark.parametrize("command", ["train -solver solver.prototxt", "test", "time", "device_query"])
@pytest.mark.parametrize("gpu", ["0", "all", "0,1"])
def test_a_gpu_asked_of_a_build_without_one(both: BothCommands, command: str, gpu: str) -> None:
    if ask_for_gpu(both.real).gpu is Gpu.READY or torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    files = {"test": ["-model", "net.prototxt", "-weights", "w"], "time": ["-model", "net.prototxt"]}
    want, got = both.run(*command.split(), *files.get(command, []), "-gpu", gpu)
    assert (want.status, got.status) == (ABORTED, 1)


def test_solver_mode_gpu_without_a_gpu(both: BothCommands) -> None:
    """torchcaffe warns and takes the CPU: the committed solvers say GPU, and are to run on any machine."""
    if ask_for_gpu(both.real).gpu is Gpu.READY or torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    both.write(solver=SOLVER.replace("solver_mode: CPU", "solver_mode: GPU"))
    want, got = both.run("train", "-solver", "solver.prototxt")
    assert (want.status, got.status) == (ABORTED, 0)


# What differs from NET, SOLVER and `train -solver solver.prototxt`, and which snapshots are left.
SNAPSHOTS = ("s_iter_3", "s_iter_4")
BINARY, HDF5 = (".caffemodel", ".solverstate"), (".caffemodel.h5", ".solverstate.h5")


@dataclass(frozen=True)
class Training:
    solver: tuple[str, str] = ("", "")
    net: tuple[str, str] = ("", "")
    arguments: tuple[str, ...] = ()
    snapshots: tuple[str, ...] = SNAPSHOTS
    endings: tuple[str, ...] = BINARY


POLICY, MOMENTUM = 'lr_policy: "fixed"', "momentum: 0.9"
TRAININGS = {
    "plain": Training(),
    "steps and sums": Training((POLICY, 'lr_policy: "step" gamma: 0.5 stepsize: 2 iter_size: 2 average_loss: 3')),
    "multistep": Training((POLICY, 'lr_policy: "multistep" gamma: 0.5 stepvalue: 1 stepvalue: 3')),
    "clip_gradients": Training((MOMENTUM, "clip_gradients: 0.1 momentum: 0.9")),
    "debug_info of the net, which a solver overrules": Training(
        net=('name: "small"', 'name: "small" debug_info: true')
    ),
    "debug_info": Training((MOMENTUM, "debug_info: true momentum: 0.9")),
    "test loss": Training((MOMENTUM, "test_initialization: false test_compute_loss: true momentum: 0.9")),
    "no snapshot after": Training((MOMENTUM, "snapshot_after_train: false momentum: 0.9"), snapshots=("s_iter_3",)),
    "no display": Training(("display: 2", "")),
    "hdf5": Training((MOMENTUM, "snapshot_format: HDF5 snapshot_diff: true momentum: 0.9"), endings=HDF5),
    "no iteration": Training(("max_iter: 4", "max_iter: 0"), snapshots=()),
    "level and stages": Training(arguments=("-level", "2", "-stage", "wet,cold")),
    "another solver": Training((MOMENTUM, 'type: "Adam" momentum2: 0.99 momentum: 0.9')),
    "a layer that the train net alone has": Training(
        net=(
            'layer { name: "acc"',
            'layer { name: "only" type: "Power" bottom: "label" top: "only" include { phase: TRAIN } } '
            'layer { name: "acc"',
        )
    ),
    "several scores": Training(net=('top: "acc"', 'top: "acc" top: "classes"')),
}


@pytest.mark.parametrize("name", TRAININGS)
def test_train(both: BothCommands, name: str) -> None:
    training = TRAININGS[name]
    assert training.solver[0] in SOLVER
    assert training.net[0] in NET
    both.write(net=NET.replace(*training.net), solver=SOLVER.replace(*training.solver))
    want, got = both.run("train", "-solver", "solver.prototxt", *training.arguments)
    assert (want.status, got.status) == (0, 0)
    assert_same_log(got.messages, want.messages)
    assert got.messages[-1] == "Optimization Done."
    snapshots = [name + ending for name in training.snapshots for ending in training.endings]
    assert got.files == want.files == sorted(["net.prototxt", "solver.prototxt", *snapshots])


def test_train_from_a_database(both: BothCommands) -> None:
    for engine in ("caffe", "torch"):
        write_data(both.folder / engine)
    start = 'layer { name: "data" type: "Data" top: "data" top: "label" transform_param { crop_size: 4 mirror: true } '
    data = 'data_param { source: "db" batch_size: 3 backend: LMDB } }\n'
    rest = NET[NET.index('layer { name: "conv"') :].replace("num_output: 4", "num_output: 7")
    # That source cannot have two Data layers of one name and database, so that there is no test net.
    both.write(net=start + data + rest, solver=WITHOUT_TESTS)
    want, got = both.run("train", "-solver", "solver.prototxt")
    assert (want.status, got.status) == (0, 0)
    assert_same_log(got.messages, want.messages)


def test_train_from_weights(both: BothCommands) -> None:
    """Of a net that has another layer in the place of `ip`; all files of the list are taken, the later winning."""
    assert both.run("train", "-solver", "solver.prototxt")[0].status == 0
    for name in ("s_iter_3.caffemodel", "s_iter_4.caffemodel"):
        both.share(name)
    both.write(net=NET.replace('name: "ip"', 'name: "fc"'), solver=SOLVER.replace('"s"', '"fine"'))
    weights = "s_iter_3.caffemodel,s_iter_4.caffemodel"
    want, got = both.run("train", "-solver", "solver.prototxt", "-weights", weights)
    assert (want.status, got.status) == (0, 0)
    assert_same_log(without_weights(got.messages), without_weights(want.messages))
    for text in (*(f"Finetuning from {name}" for name in weights.split(",")), "Ignoring source layer ip"):
        assert text in want.messages
        # Caffe 1.0 says it of the train net and of each test net.
        assert got.messages.count(text) == 2 * (2 if "Ignoring" in text else 1)


def test_train_from_a_snapshot(both: BothCommands) -> None:
    assert both.run("train", "-solver", "solver.prototxt")[0].status == 0
    for name in ("s_iter_3.caffemodel", "s_iter_3.solverstate"):
        both.share(name)
    both.write(solver=SOLVER.replace("max_iter: 4", "max_iter: 7"))
    want, got = both.run("train", "-solver", "solver.prototxt", "-snapshot", "s_iter_3.solverstate")
    assert (want.status, got.status) == (0, 0)
    assert_same_log(got.messages, want.messages)
    assert "Resuming from s_iter_3.solverstate" in got.messages
    assert got.files == want.files
    assert "s_iter_7.solverstate" in got.files


DEBUG_INFO = ["", "debug_info: true\n"]


@pytest.mark.parametrize("debug_info", DEBUG_INFO)
def test_test(both: BothCommands, debug_info: str) -> None:
    """The net draws its images; -random_seed is not among the flags, so they are all zeros here."""
    both.write(net=debug_info + NET.replace('data_filler { type: "gaussian" }', "data_filler {}"))
    assert both.run("train", "-solver", "solver.prototxt")[0].status == 0
    both.share("s_iter_4.caffemodel")
    arguments = ["-model", "net.prototxt", "-weights", "s_iter_4.caffemodel", "-iterations", "3"]
    want, got = both.run("test", *arguments)
    assert (want.status, got.status) == (0, 0)
    assert_same_log(got.messages, want.messages)
    assert got.messages[-1].startswith("loss = ")


@pytest.mark.parametrize("debug_info", DEBUG_INFO)
def test_time(both: BothCommands, debug_info: str) -> None:
    both.write(net=debug_info + NET)
    want, got = both.run("time", "-model", "net.prototxt", "-iterations", "2")
    assert (want.status, got.status) == (0, 0)
    assert_same_words(got.messages, want.messages)


INT, HUP = signal.SIGINT, signal.SIGHUP
STARTED, FURTHER, SNAPSHOT = "Iteration 4", "Iteration 8", "Snapshotting solver state"


@pytest.mark.parametrize(
    ("effects", "sent", "snapshots"),
    [
        ([], [(STARTED, INT)], 1),
        ([], [(STARTED, HUP), (SNAPSHOT, INT)], 2),
        (["-sigint_effect", "snapshot", "-sighup_effect=stop"], [(STARTED, INT), (SNAPSHOT, HUP)], 2),
        (["-sigint_effect=none", "-sighup_effect=stop"], [(STARTED, INT), (FURTHER, HUP)], 1),
    ],
    ids=["stop", "snapshot and stop", "exchanged", "none"],
)
@pytest.mark.parametrize("engine", ["caffe", "torch"])
def test_signals(
    both: BothCommands, engine: str, effects: list[str], sent: list[tuple[str, signal.Signals]], snapshots: int
) -> None:
    """Each signal is sent when the log shows the text beside it."""
    solver = WITHOUT_TESTS.replace("max_iter: 4", "max_iter: 100000000").replace("snapshot: 3", "snapshot: 0")
    both.write(solver=solver)
    process = both.start(engine, "train", "-solver", "solver.prototxt", *effects)
    assert process.stderr is not None
    log, left = "", list(sent)
    for line in process.stderr:
        log += line
        if left and left[0][0] in line:
            process.send_signal(left.pop(0)[1])
    process.stderr.close()
    assert process.wait() == 0
    said = messages(log)
    assert said[-2:] == ["Optimization stopped early.", "Optimization Done."]
    models = [name for name in files(both.folder / engine) if name.endswith(".caffemodel")]
    states = [name for name in files(both.folder / engine) if name.endswith(".solverstate")]
    assert log.count(SNAPSHOT) == len(models) == len(states) == snapshots
    assert all(f"Snapshotting to binary proto file {name}" in said for name in models)
