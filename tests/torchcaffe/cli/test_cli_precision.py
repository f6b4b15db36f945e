"""-precision: what it takes, where, and that the log says so."""

from collections.abc import Callable
from pathlib import Path

import pytest

Result = tuple[int, str]


def test_the_log_names_the_precision(caffe: Callable[..., Result], folder: Path) -> None:
    for flags, said in (((), "float32"), (("-precision", "bf16"), "bf16"), (("-precision=float32",), "float32")):
        status, err = caffe("train", "-solver", folder / "solver.prototxt", *flags)
        assert status == 0
        assert f", cpu, {said}, " in err
    status, err = caffe(
        "test", "-model", folder / "net.prototxt", "-weights", folder / "s_iter_4.caffemodel", "-precision", "bf16"
    )
    assert status == 0
    assert ", cpu, bf16, " in err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("-precision", "fp16"), "-precision is 'fp16': it must be one of float32, tf32, bf16"),
        (("-precision", "tf32"), "tf32 is a way in which GPUs compute"),
        (("-precision", "bf16", "-plain"), "bf16 is the fast path's"),
    ],
)
def test_refusals(flags: tuple[str, ...], said: str, caffe: Callable[..., Result], folder: Path) -> None:
    status, err = caffe("train", "-solver", folder / "solver.prototxt", *flags)
    assert status == 1
    assert said in err.splitlines()[-1]


def test_time_has_no_fast_path(caffe: Callable[..., Result], folder: Path) -> None:
    status, err = caffe("time", "-model", folder / "net.prototxt", "-precision", "bf16")
    assert status == 1
    assert "bf16 is the fast path's, for `caffe train` and `caffe test`" in err


def test_a_run_that_goes_on_otherwise_says_so(caffe: Callable[..., Result], folder: Path) -> None:
    assert caffe("train", "-solver", folder / "solver.prototxt")[0] == 0
    state = folder / "s_iter_4.solverstate"
    status, err = caffe("train", "-solver", folder / "solver.prototxt", "-snapshot", state, "-precision", "bf16")
    assert status == 0
    assert "Resumed with precision bf16, before float32: the last bits may differ" in err
