"""What pycaffe has for the process as a whole: names and modules, the log, the timer, several solvers."""

import subprocess
import sys
import time

import pytest

import torchcaffe as caffe
from torchcaffe import pycaffe
from torchcaffe.cli.devices import engine
from torchcaffe.errors import DeviceError
from torchcaffe.net import Net
from torchcaffe.proto.text import parse_net
from torchcaffe.pycaffe import timer
from torchcaffe.run_setting import setting_of

# What `caffe/__init__.py` of Caffe 1.0 gives, and the modules beside it.
NAMES = [
    *("AdaDeltaSolver", "AdaGradSolver", "AdamSolver", "NesterovSolver", "RMSPropSolver", "SGDSolver", "get_solver"),
    *("Net", "Layer", "Classifier", "Detector", "NetSpec", "to_proto", "layers", "params", "io", "layer_type_list"),
    *("TEST", "TRAIN", "set_mode_cpu", "set_mode_gpu", "set_device", "set_random_seed", "init_log", "log", "Timer"),
    *("NCCL", "has_nccl", "solver_count", "set_solver_count", "solver_rank", "set_solver_rank", "set_multiprocess"),
    "__version__",
]
MODULES = ["classifier", "coord_map", "detector", "draw", "io", "net_spec", "pycaffe", "proto.caffe_pb2"]


def test_the_package_has_every_name_of_caffes() -> None:
    for name in NAMES:
        assert getattr(caffe, name) is not None, name
    assert "SGDSolver" in dir(pycaffe)
    for name in dir(pycaffe):
        assert getattr(caffe, name) == getattr(pycaffe, name), name
    with pytest.raises(AttributeError, match="no attribute 'Nett'"):
        _ = caffe.Nett


def test_the_version_is_caffes_and_torchcaffes_own_has_another_name() -> None:
    """What a snapshot holds, the log and `caffe -version` say is torchcaffe's own."""
    assert caffe.__version__ == "1.0.0"
    own = caffe.torchcaffe_version
    assert own != "1.0.0"
    assert engine().startswith(f"torchcaffe {own} (")
    assert setting_of(Net(parse_net("")))["torchcaffe"] == own


def test_every_module_can_be_imported_first() -> None:
    """Each as the first of a process, forked from one that has torch already."""
    code = f"""
import importlib, os, sys, torch
for name in {MODULES}:
    if os.fork() == 0:
        importlib.import_module("torchcaffe." + name)
        os._exit(0)
    assert os.wait()[1] == 0, name
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


def test_the_import_loads_no_torch() -> None:
    code = (
        "import sys, torchcaffe as caffe; caffe.proto.caffe_pb2.TRAIN; caffe.log('quiet'); caffe.net_spec; "
        "caffe.coord_map; caffe.draw; caffe.__version__; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_log_writes_a_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="torchcaffe"):
        caffe.log("at 100%")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [("INFO", "at 100%")]


def test_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started at 2 s, told at 5 s: 3000 ms; a second start while it runs changes nothing."""
    clock = iter([2.0, 5.0, 7.0, 7.25])
    monkeypatch.setattr(timer, "_now", lambda: next(clock))
    watch = caffe.Timer()
    assert watch.ms == 0
    watch.start()
    watch.start()
    assert watch.ms == 3000
    watch.stop()
    assert watch.ms == 3000
    watch.start()
    watch.stop()
    assert watch.ms == 250


def test_timer_measures_seconds() -> None:
    watch = caffe.Timer()
    watch.start()
    time.sleep(0.01)
    watch.stop()
    assert 10 <= watch.ms < 5000


def test_there_is_one_solver() -> None:
    assert (caffe.has_nccl(), caffe.solver_count(), caffe.solver_rank()) == (False, 1, 0)
    caffe.set_solver_count(1)
    caffe.set_solver_rank(0)
    caffe.set_multiprocess(True)
    for refused in (
        lambda: caffe.set_solver_count(2),
        lambda: caffe.set_solver_rank(1),
        lambda: caffe.NCCL(None, b""),
        caffe.NCCL.new_uid,
    ):
        with pytest.raises(DeviceError, match="one process, on one device"):
            refused()
