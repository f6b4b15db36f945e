"""Choosing an engine and a device, and what is said of a choice that cannot be met; Caffe is a stand-in here."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from layerhint.engines import get_engine
from layerhint.engines.caffe import CaffeEngine
from layerhint.engines.engine import Start
from layerhint.errors import LayerhintError
from layerhint.steps.watch import printed

CPU_ONLY = 'echo "F1123 09:18:05.827247 7 common.cpp:70] Cannot use GPU in CPU-only Caffe: check mode." >&2; kill -6 $$'
NO_DEVICE = (
    'echo "F1123 09:18:05.827247 7 caffe.cpp:93] Check failed: error == cudaSuccess (100 vs. 0)  no CUDA-capable '
    'device is detected" >&2; kill -6 $$'
)
READY = 'echo "I1123 09:18:05.827247 7 common.cpp:180] Device id:                     0" >&2'


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CAFFE_ROOT", raising=False)


def caffe_root(folder: Path, device_query: str, otherwise: str = "exit 0") -> str:
    """A root whose `caffe` is a shell script."""
    for name in ("bin/caffe", "python/caffe/_caffe.so"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).touch()
    script = f'#!/bin/sh\nif [ "$1" = device_query ]; then\n{device_query}\nelse\n{otherwise}\nfi\n'
    (folder / "bin/caffe").write_text(script, encoding="utf-8")
    (folder / "bin/caffe").chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("device_query", "said"),
    [
        (CPU_ONLY, "a GPU is asked of a Caffe that is built for the CPU alone. Leave --device or -gpu out"),
        (NO_DEVICE, "a GPU is asked for, and this machine has none that this Caffe's CUDA can use. Say --device cpu"),
    ],
    ids=["no GPU code", "no GPU"],
)
def test_a_gpu_that_a_real_caffe_does_not_have(tmp_path: Path, device_query: str, said: str) -> None:
    root = caffe_root(tmp_path / "caffe", device_query)
    for device in (None, "cpu"):
        assert get_engine("caffe", device, root).solver_mode == "CPU"
    with pytest.raises(LayerhintError) as caught:
        get_engine("caffe", "cuda:0", root)
    assert str(caught.value).startswith(f"--device cuda:0, at {root}: {said}")
    quoted = device_query.partition(" 7 ")[2].partition('"')[0]
    assert str(caught.value).endswith(f"Caffe says: `{quoted}`")


def test_a_gpu_that_a_real_caffe_has(tmp_path: Path) -> None:
    root = caffe_root(tmp_path / "caffe", READY)
    assert get_engine("caffe", None, root).solver_mode == "GPU"
    assert get_engine("caffe", "cuda:1", root).solver_mode == "GPU"
    cpu = get_engine("caffe", "cpu", root)
    assert cpu.solver_mode == "CPU"
    assert cpu.environment()["CUDA_VISIBLE_DEVICES"] == ""


def test_no_real_caffe(tmp_path: Path) -> None:
    for device in (None, "cuda:0"):
        with pytest.raises(LayerhintError, match=r"no real Caffe here\. Build one with `make caffe`"):
            get_engine("caffe", device)


def test_a_caffe_that_cannot_be_started(tmp_path: Path) -> None:
    root = caffe_root(tmp_path / "caffe", READY)
    (tmp_path / "caffe/bin/caffe").chmod(0o644)
    with pytest.raises(LayerhintError, match=f"the Caffe at {root} does not run: .*Permission denied"):
        get_engine("caffe", None, root)


def test_the_log_is_whole_whatever_the_person_has_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOG_minloglevel", "3")
    for engine in (get_engine("caffe", "cpu", caffe_root(tmp_path / "caffe", CPU_ONLY)), get_engine("torch", "cpu")):
        assert engine.environment()["GLOG_minloglevel"] == "0"
        assert engine.pycaffe().environment["GLOG_minloglevel"] == "0"


def test_a_training_that_aborts_is_explained(tmp_path: Path) -> None:
    """The log holds an earlier run's fault too, which is not this one's."""
    fatal = "F1123 09:18:05.827247 7 insert_splits.cpp:35] Unknown bottom blob 'dat' (layer 'conv1', bottom index 0)"
    engine = get_engine("caffe", None, caffe_root(tmp_path / "caffe", CPU_ONLY, f'echo "{fatal}" >&2; kill -6 $$'))
    log = tmp_path / "training.log"
    earlier = "F1123 09:18:05.827247 7 io.cpp:44] File not found: gone\n"
    log.write_text(earlier, encoding="utf-8")
    status = engine.train(Start("solver.prototxt", None, None, log)).wait()
    said = engine.explain(printed(log, len(earlier)), status)
    assert said.startswith("layer 'conv1' of the net has the bottom 'dat', which no layer before it makes")


def test_a_test_that_aborts_is_explained(tmp_path: Path) -> None:
    fatal = "F1123 09:18:05.827247 7 io.cpp:44] Check failed: fd != -1 (-1 vs. -1) File not found: gone.prototxt"
    engine = get_engine("caffe", None, caffe_root(tmp_path / "caffe", CPU_ONLY, f'echo "{fatal}" >&2; kill -6 $$'))
    with pytest.raises(LayerhintError, match=r"`caffe test -model gone.prototxt .* failed: there is no file gone\."):
        engine.test("gone.prototxt", "x.caffemodel", 1)


@pytest.mark.parametrize("engine", ["caffe", "torch"])
@pytest.mark.parametrize(
    ("device", "flags"), [(None, ["-gpu", "0"]), ("cuda:0", ["-gpu", "0"]), ("cuda:1", ["-gpu", "1"]), ("cpu", [])]
)
def test_a_test_takes_the_device_that_a_training_takes(
    engine: str, device: str | None, flags: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are two GPUs: `caffe test` by itself would take the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    here = get_engine(engine, device, caffe_root(tmp_path / "caffe", READY) if engine == "caffe" else None)
    ran: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    here.test("net.prototxt", "x.caffemodel", 3)
    end = ["test", "-model", "net.prototxt", "-weights", "x.caffemodel", "-iterations", "3", *flags]
    assert ran == [[*here.command(), *end]]
    assert here.on_gpu == bool(flags)


def test_without_a_gpu_a_test_takes_the_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for engine in (get_engine("torch", None), get_engine("caffe", None, caffe_root(tmp_path / "caffe", CPU_ONLY))):
        assert not engine.on_gpu


def test_surgery_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the script's own `error:` line; by Caffe's words if Caffe ended the process."""
    engine = get_engine("caffe", None, caffe_root(tmp_path / "caffe", CPU_ONLY))
    assert isinstance(engine, CaffeEngine)
    fatal = "F1123 09:18:05.827247 7 filler.hpp:288] Check failed: false Unknown filler name: xavierr"
    for script, said in (
        ("echo 'I1123 a'; echo 'error: its source is gone' >&2; exit 1", "s.yaml: its source is gone"),
        (f"echo '{fatal}' >&2; kill -6 $$", "s.yaml: the net has the filler 'xavierr'"),
        ("echo 'ImportError: numpy' >&2; exit 1", "s.yaml: it ended with status 1: ImportError: numpy"),
    ):
        python = tmp_path / "python"
        python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        python.chmod(0o755)
        monkeypatch.setenv("CAFFE_PYTHON", str(python))
        with pytest.raises(LayerhintError) as caught:
            get_engine("caffe", None, str(engine.caffe.root)).operate(Path("s.yaml"))
        assert str(caught.value).startswith(said)


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what happens where there is no GPU")
def test_a_gpu_that_torchcaffe_does_not_have() -> None:
    with pytest.raises(LayerhintError) as caught:
        get_engine("torch", "cuda:0")
    assert str(caught.value) == (
        f"--device cuda:0: PyTorch {torch.__version__} sees no GPU here. Install a PyTorch that is built for CUDA, or "
        "say --device cpu"
    )


def test_a_gpu_beyond_those_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert get_engine("torch", "cuda:1").device == "cuda:1"
    with pytest.raises(LayerhintError, match=r"sees only 2 GPU\(s\) here\. Choose one of cuda:0 to cuda:1, or say"):
        get_engine("torch", "cuda:2")


@pytest.mark.parametrize("device", ["gpu", "cuda", "cuda:x", "0"])
def test_a_device_that_is_none(device: str) -> None:
    with pytest.raises(LayerhintError, match=f"there is no device '{device}': say cpu, or cuda:0"):
        get_engine("torch", device)


def test_an_engine_that_is_none() -> None:
    with pytest.raises(LayerhintError, match="there is no engine 'cafe': choose one of torch, caffe"):
        get_engine("cafe", None)


def test_torchcaffes_own_line_is_its_explanation() -> None:
    engine = get_engine("torch", "cpu")
    assert engine.command() == [sys.executable, "-m", "torchcaffe.cli"]
    assert engine.environment()["CUDA_VISIBLE_DEVICES"] == ""
    assert engine.explain(["I1123 x", "error: layer 'a' (ReLU): it is blue", ""], 1) == "layer 'a' (ReLU): it is blue"
    assert engine.explain(["Traceback", "KeyError: 'a'"], 1) == "it ended with status 1: KeyError: 'a'"


def test_precision_is_passed_on_and_tells_results_apart() -> None:
    exact, rounded = get_engine("torch", "cpu"), get_engine("torch", "cpu", precision="bf16")
    assert (exact.kind, rounded.kind) == ("torch", "torch, bf16")
    assert (exact._flags(), rounded._flags()) == ([], ["-precision", "bf16"])


def test_tf32_goes_to_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert get_engine("torch", "cuda:0", precision="tf32")._flags() == ["-gpu", "0", "-precision", "tf32"]
    assert get_engine("torch", None, precision="tf32")._flags() == ["-precision", "tf32"]
    with pytest.raises(LayerhintError, match="tf32 is a way in which GPUs compute"):
        get_engine("torch", "cpu", precision="tf32")


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what happens where there is no GPU")
def test_tf32_without_a_gpu() -> None:
    with pytest.raises(LayerhintError, match="tf32 is a way in which GPUs compute"):
        get_engine("torch", None, precision="tf32")


def test_a_machine_without_a_gpu_may_lead_a_cluster_that_has_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    leading = get_engine("torch", None, precision="tf32", elsewhere=True)
    assert leading.on("cuda:0", 1)._flags() == ["-gpu", "0", "-precision", "tf32"]
    assert leading.on("cuda:0", 1).here()._flags() == ["-gpu", "0", "-precision", "tf32"]
    assert (leading.here().device, leading.here()._flags()) == ("cpu", [])
    assert get_engine("torch", "cuda:0", elsewhere=True).device == "cuda:0"
    with pytest.raises(LayerhintError, match="tf32 is a way in which GPUs compute"):
        get_engine("torch", "cpu", precision="tf32", elsewhere=True)
    with pytest.raises(LayerhintError, match="sees no GPU here"):
        get_engine("torch", "cuda:0")


@pytest.mark.parametrize(
    ("name", "precision", "said"),
    [
        ("torch", "fp16", "there is no precision 'fp16': choose one of float32, tf32, bf16"),
        ("caffe", "bf16", "a real Caffe computes in float32: leave --precision bf16 out"),
    ],
)
def test_a_precision_that_an_engine_has_not(name: str, precision: str, said: str) -> None:
    with pytest.raises(LayerhintError, match=said):
        get_engine(name, None, precision=precision)
