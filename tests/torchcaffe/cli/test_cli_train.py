"""`caffe train`: what it trains, what it logs, and what it says where it cannot."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
import torch

from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import read_binary, read_caffemodel, write_binary

Result = tuple[int, str]
Rewrite = Callable[[str, str, str], None]

GLOG = re.compile(r"[IWEF]\d{4} \d{2}:\d{2}:\d{2}\.\d{6} +\d+ [\w.]+:\d+\] ")

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="says what happens where there is no GPU")


def messages(err: str) -> list[str]:
    return [GLOG.sub("", line) for line in err.splitlines()]


def test_a_run_from_scratch(caffe: Callable[..., Result], folder: Path) -> None:
    status, err = caffe("train", "-solver", folder / "solver.prototxt", "-threads", "1")
    assert status == 0
    said = messages(err)
    assert said[0] == "Use CPU."
    assert re.fullmatch(r"torchcaffe \S+ \(PyTorch \S+, cpu, float32, 1 threads\)", said[1])
    assert [line for line in said if line.startswith(("Solving", "Starting", "Snap", "Optim"))] == [
        "Starting Optimization",
        "Solving small",
        f"Snapshotting to binary proto file {folder}/s_iter_4.caffemodel",
        f"Snapshotting solver state to binary proto file {folder}/s_iter_4.solverstate",
        "Optimization Done.",
        "Optimization Done.",
    ]
    stamped = [line for line in err.splitlines() if "Iteration" in line or "Solving" in line]
    assert len(stamped) >= 6
    assert all(GLOG.match(line) for line in stamped)


def test_weights_of_two_files_start_a_new_run(caffe: Callable[..., Result], folder: Path, rewrite: Rewrite) -> None:
    """One file knows the layer conv only, the other ip only; the run of no iteration snapshots what it began with."""
    solver = folder / "solver.prototxt"
    assert caffe("train", "-solver", solver)[0] == 0
    trained = read_caffemodel(folder / "s_iter_4.caffemodel")
    for name in ("conv", "ip"):
        part = caffe_pb2.NetParameter(layer=[layer for layer in trained.layer if layer.name == name])
        write_binary(folder / f"{name}.caffemodel", part)
    rewrite("solver.prototxt", "max_iter: 4", "max_iter: 0")
    weights = f"{folder}/conv.caffemodel, {folder}/ip.caffemodel"
    assert caffe("train", "-solver", solver, "-weights", weights)[0] == 0
    begun = read_caffemodel(folder / "s_iter_0.caffemodel")
    assert [layer.blobs for layer in begun.layer] == [layer.blobs for layer in trained.layer]
    assert caffe("train", "-solver", solver)[0] == 0
    from_fillers = read_caffemodel(folder / "s_iter_0.caffemodel")
    assert from_fillers.layer[1].blobs[0] != trained.layer[1].blobs[0]


def test_level_and_stages_reach_the_train_net(caffe: Callable[..., Result], folder: Path, rewrite: Rewrite) -> None:
    rewrite("net.prototxt", 'name: "drop"', 'name: "drop" include { stage: "wet" min_level: 2 }')
    rewrite("net.prototxt", 'bottom: "conv" top: "drop"', 'bottom: "conv" top: "conv"')
    rewrite("net.prototxt", 'bottom: "drop"', 'bottom: "conv"')
    _, err = caffe("train", "-solver", folder / "solver.prototxt", "-stage", "wet,x", "-level=2")
    assert "Creating Layer drop" in messages(err)
    _, err = caffe("train", "-solver", folder / "solver.prototxt", "-stage", "wet,x")
    assert "Creating Layer drop" not in messages(err)


@without_gpu
def test_solver_mode_gpu_without_a_gpu_warns_once(caffe: Callable[..., Result], folder: Path, rewrite: Rewrite) -> None:
    rewrite("solver.prototxt", "solver_mode: CPU", "solver_mode: GPU device_id: 1")
    status, err = caffe("train", "-solver", folder / "solver.prototxt")
    assert status == 0
    (warning,) = (line for line in err.splitlines() if line.startswith("W"))
    assert "solver_mode: GPU" in warning
    assert "the CPU is used" in warning


@without_gpu
@pytest.mark.parametrize(("flag", "said"), [("-gpu=0", "GPU 0 was asked for"), ("-gpu=all", "sees 0 GPUs here")])
def test_an_explicit_gpu_without_one_is_an_error(
    caffe: Callable[..., Result], folder: Path, flag: str, said: str
) -> None:
    status, err = caffe("train", "-solver", folder / "solver.prototxt", flag)
    assert status == 1
    assert err.splitlines()[-1].startswith("error: ")
    assert said in err.splitlines()[-1]


def last_line(result: Result) -> str:
    status, err = result
    assert status == 1
    assert err.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in err
    return err.splitlines()[-1]


def test_mistakes_end_in_one_plain_line(caffe: Callable[..., Result], folder: Path, rewrite: Rewrite) -> None:
    solver = folder / "solver.prototxt"
    assert "absent.prototxt: no such file" in last_line(caffe("train", "-solver", folder / "absent.prototxt"))
    absent = f"{folder}/absent.caffemodel"
    assert f"{absent}: there is no such file" in last_line(caffe("train", "-solver", solver, "-weights", absent))
    assert caffe("train", "-solver", solver)[0] == 0
    state = folder / "s_iter_4.solverstate"
    assert "not a caffemodel" in last_line(caffe("train", "-solver", solver, "-weights", state))
    rewrite("net.prototxt", "num_output: 4", "num_output: 6")
    foreign = last_line(caffe("train", "-solver", solver, "-weights", folder / "s_iter_4.caffemodel"))
    assert "param 0 of layer 'ip' has the shape 4 30 (120) there, but 6 30 (180) in this net" in foreign
    assert "param 0 of layer 'ip'" in last_line(caffe("train", "-solver", solver, "-snapshot", state))
    rewrite("solver.prototxt", f'"{folder}/s"', f'"{folder}/absent/s"')
    assert "snapshot_prefix" in last_line(caffe("train", "-solver", solver))
    rewrite("solver.prototxt", "base_lr", "base_rl")
    assert 'did you mean "base_lr"' in last_line(caffe("train", "-solver", solver))


def test_a_frozen_layer_without_weights_is_refused(
    caffe: Callable[..., Result], folder: Path, rewrite: Rewrite
) -> None:
    solver = folder / "solver.prototxt"
    assert caffe("train", "-solver", solver)[0] == 0
    weights, state = folder / "s_iter_4.caffemodel", folder / "s_iter_4.solverstate"
    frozen = 'name: "conv" param { lr_mult: 0 decay_mult: 0 } param { lr_mult: 0 decay_mult: 0 }'
    rewrite("net.prototxt", 'name: "conv"', frozen)
    said = last_line(caffe("train", "-solver", solver))
    assert "layer 'conv' (Convolution) is frozen" in said
    assert "-weights" in said
    rewrite("solver.prototxt", f'"{folder}/s"', f'"{folder}/t"')
    assert caffe("train", "-solver", solver, "-weights", weights)[0] == 0
    assert caffe("train", "-solver", solver, "-snapshot", state)[0] == 0
    before, after = (read_caffemodel(f).layer[1].blobs for f in (weights, folder / "t_iter_4.caffemodel"))
    assert [b.data for b in before] == [b.data for b in after]
    rewrite("net.prototxt", 'name: "conv"', 'name: "teacher"')
    assert "has no layer of that name" in last_line(caffe("train", "-solver", solver, "-weights", weights))


def test_running_out_of_disk_space_is_one_plain_line(
    caffe: Callable[..., Result], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = os.fsync
    calls = 0

    def full_after_the_first_probe(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise OSError(28, "No space left on device")
        synced(handle)

    monkeypatch.setattr("os.fsync", full_after_the_first_probe)
    said = last_line(caffe("train", "-solver", folder / "solver.prototxt"))
    assert "s_iter_4.caffemodel: no space is left on the device" in said
    assert not list(folder.glob("*.caffemodel"))


def test_ctrl_c_before_the_solver_stands_is_one_plain_line(
    caffe: Callable[..., Result], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("torchcaffe.cli.train.read_solver", interrupted)
    assert caffe("train", "-solver", folder / "solver.prototxt") == (130, "error: interrupted\n")


@pytest.mark.timeout(300)  # Seconds on an idle machine; a busy one starts processes slowly.
def test_an_interrupted_process_resumes_to_the_same_bits(
    caffe: Callable[..., Result], folder: Path, rewrite: Rewrite
) -> None:
    """The one test of the whole command as a process: SIGHUP snapshots, SIGINT stops, exit status 0."""
    rewrite("solver.prototxt", "max_iter: 4 display: 2", "max_iter: 150 display: 50")
    whole = folder / "solver.prototxt"
    cut = folder / "cut.prototxt"
    cut.write_text(whole.read_text().replace(f'"{folder}/s"', f'"{folder}/cut"'))
    assert caffe("train", "-solver", whole, "-threads=1")[0] == 0

    process = subprocess.Popen(
        [sys.executable, "-m", "torchcaffe.cli", "train", "-solver", str(cut), "-threads=1"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert process.stderr is not None
    log = ""
    sent = {"Solving small": signal.SIGHUP, "Snapshotting solver state": signal.SIGINT}
    for line in process.stderr:
        log += line
        for mark in [mark for mark in sent if mark in line]:
            process.send_signal(sent.pop(mark))
    assert process.wait() == 0, log
    process.stderr.close()
    assert messages(log)[-2:] == ["Optimization stopped early.", "Optimization Done."]

    states = sorted(folder.glob("cut_iter_*.solverstate"), key=lambda p: p.stat().st_mtime)
    assert len(states) == 2
    assert 0 < read_binary(states[-1], caffe_pb2.SolverState).iter < 150
    assert caffe("train", "-solver", cut, "-snapshot", states[-1], "-threads=1")[0] == 0
    models = [read_caffemodel(folder / f"{name}_iter_150.caffemodel") for name in ("s", "cut")]
    assert models[0] == models[1]


def stopped_at_2(caffe: Callable[..., Result], folder: Path, rewrite: Rewrite, *flags: str) -> Path:
    """A run of 4 iterations, and its solverstate of iteration 2; gives the latter."""
    rewrite("solver.prototxt", "max_iter: 4", "max_iter: 4 snapshot: 2")
    assert caffe("train", "-solver", folder / "solver.prototxt", *flags)[0] == 0
    return folder / "s_iter_2.solverstate"


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    """Sets PyTorch's threads for one test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def otherwise(err: str) -> list[str]:
    return [line for line in messages(err) if line.startswith("Resumed with ")]


def test_a_resume_keeps_the_threads(
    caffe: Callable[..., Result], folder: Path, rewrite: Rewrite, threads: Callable[[int], None]
) -> None:
    state = stopped_at_2(caffe, folder, rewrite, "-threads", "1")
    threads(2)
    status, err = caffe("train", "-solver", folder / "solver.prototxt", "-snapshot", state)
    assert status == 0
    assert messages(err)[1].endswith("1 threads)")
    assert otherwise(err) == []


def test_a_resume_under_other_threads_says_so_in_one_line(
    caffe: Callable[..., Result], folder: Path, rewrite: Rewrite, threads: Callable[[int], None]
) -> None:
    state = stopped_at_2(caffe, folder, rewrite, "-threads", "1")
    _, err = caffe("train", "-solver", folder / "solver.prototxt", "-snapshot", state, "-threads=2")
    said = "Resumed with threads 2, before 1: the last bits may differ from an uninterrupted run"
    assert otherwise(err) == [said]


def test_a_machine_with_fewer_cores_uses_those_that_it_has(
    caffe: Callable[..., Result], folder: Path, rewrite: Rewrite, threads: Callable[[int], None]
) -> None:
    state = stopped_at_2(caffe, folder, rewrite, "-threads", "1")
    message = read_binary(state, caffe_pb2.SolverState)
    run = json.loads(message.torchcaffe_state)
    run["setting"] |= {"threads": 4096, "torch": "0.1"}
    message.torchcaffe_state = json.dumps(run).encode()
    write_binary(state, message)
    threads(1)
    _, err = caffe("train", "-solver", folder / "solver.prototxt", "-snapshot", state)
    (said,) = otherwise(err)
    assert said.startswith(f"Resumed with torch {torch.__version__}, before 0.1, threads 1, before 4096: ")


def test_a_resume_keeps_to_plain_layers(caffe: Callable[..., Result], folder: Path, rewrite: Rewrite) -> None:
    state = stopped_at_2(caffe, folder, rewrite, "-plain", "-threads", "1")
    _, err = caffe("train", "-solver", folder / "solver.prototxt", "-snapshot", state)
    assert not [line for line in messages(err) if line.startswith("Fast path")]
    assert otherwise(err) == []


def test_fused_and_then_plain_says_so(caffe: Callable[..., Result], folder: Path, rewrite: Rewrite) -> None:
    state = stopped_at_2(caffe, folder, rewrite, "-threads", "1")
    _, err = caffe("train", "-solver", folder / "solver.prototxt", "-snapshot", state, "-plain")
    (said,) = otherwise(err)
    assert said.startswith("Resumed with way layer by layer, before fused")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_a_log_that_cannot_be_written_stops_the_run(folder: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "torchcaffe.cli", "train", "-solver", str(folder / "solver.prototxt")],
            stderr=full,
            cwd=Path(__file__).parents[3],
            check=False,
        )
    assert done.returncode == 120
    assert not list(folder.glob("*.caffemodel"))


@pytest.mark.timeout(300)
def test_a_killed_process_resumes_to_the_same_bits(
    caffe: Callable[..., Result], folder: Path, rewrite: Rewrite
) -> None:
    """SIGKILL twice, somewhere after a few more iterations; then to the end, from the last snapshot."""
    rewrite("solver.prototxt", "max_iter: 4 display: 2", "max_iter: 600 display: 1 snapshot: 30")
    whole, cut = folder / "solver.prototxt", folder / "cut.prototxt"
    cut.write_text(whole.read_text().replace(f'"{folder}/s"', f'"{folder}/cut"'))
    assert caffe("train", "-solver", whole, "-threads=1")[0] == 0
    state: list[str] = []
    for lines in (35, 5):
        process = subprocess.Popen(
            [sys.executable, "-m", "torchcaffe.cli", "train", "-solver", str(cut), "-threads=1", *state],
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        assert process.stderr is not None
        shown = (line for line in process.stderr if "] Iteration " in line)
        assert len(list(islice(shown, 2 * lines))) == 2 * lines  # A line for the loss, one for the rate.
        process.kill()
        process.communicate()
        found = sorted(folder.glob("cut_iter_*.solverstate"), key=lambda p: p.stat().st_mtime)
        state = ["-snapshot", str(found[-1])] if found else []
    assert state, "two kills, and no snapshot to go on from"
    assert caffe("train", "-solver", cut, *state, "-threads=1")[0] == 0
    models = [(folder / f"{name}_iter_600.caffemodel").read_bytes() for name in ("s", "cut")]
    assert models[0] == models[1]
