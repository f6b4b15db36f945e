"""From which snapshot a training goes on: the furthest that is whole."""

import os
from pathlib import Path

import pytest

from layerhint.steps.resume import Progress, find_progress, has_ended, set_aside
from torchcaffe.proto import caffe_pb2


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """Snapshots at 4, 8 and 12 of a training of 12 iterations, and one of another training."""
    for iteration in (4, 8, 12):
        snapshot(tmp_path / "net1", iteration)
    snapshot(tmp_path / "net10", 11)
    return tmp_path / "net1"


def snapshot(prefix: Path, iteration: int) -> None:
    model = caffe_pb2.NetParameter(name="n")
    model.layer.add(name="ip", type="InnerProduct").blobs.add(data=[1.0, 2.0]).shape.dim.append(2)
    path(prefix, iteration, "caffemodel").write_bytes(model.SerializeToString())
    state = caffe_pb2.SolverState(iter=iteration)
    state.history.add(data=[1.0, 2.0]).shape.dim.append(2)
    path(prefix, iteration, "solverstate").write_bytes(state.SerializeToString())


def path(prefix: Path, iteration: int, ending: str) -> Path:
    return Path(f"{prefix}_iter_{iteration}.{ending}")


def progress(prefix: Path, iteration: int) -> Progress:
    return Progress(iteration, f"{prefix}_iter_{iteration}.solverstate")


def test_the_furthest(prefix: Path) -> None:
    assert find_progress(prefix, 12, None) == progress(prefix, 12)
    assert find_progress(prefix, 11, None) == progress(prefix, 8), "beyond the end there is nothing to go on from"
    assert find_progress(prefix.with_name("net2"), 12, None) == Progress(0)
    assert has_ended(prefix, 12, None)
    assert not has_ended(prefix, 13, None)


@pytest.mark.parametrize("ending", ["caffemodel", "solverstate"])
@pytest.mark.parametrize("damage", ["missing", "empty", "half"])
def test_half_a_snapshot_is_none(prefix: Path, ending: str, damage: str) -> None:
    file = path(prefix, 12, ending)
    whole = file.read_bytes()
    file.unlink()
    if damage != "missing":
        file.write_bytes(whole[: len(whole) // 2] if damage == "half" else b"")
    assert find_progress(prefix, 12, None) == progress(prefix, 8)
    assert has_ended(prefix, 12, None) == (ending == "solverstate"), "a final caffemodel is enough to be done"


def test_a_state_of_another_iteration_is_no_pair(prefix: Path) -> None:
    path(prefix, 12, "solverstate").write_bytes(path(prefix, 8, "solverstate").read_bytes())
    assert find_progress(prefix, 12, None) == progress(prefix, 8)


def test_what_is_older_than_the_initial_weights_is_not_meant(prefix: Path) -> None:
    initial = prefix.with_name("net1_init.caffemodel")
    initial.write_bytes(b"x")
    old, new = 10**18, 2 * 10**18
    for iteration in (4, 8, 12):
        os.utime(path(prefix, iteration, "caffemodel"), ns=(old, new if iteration == 4 else old))
    os.utime(initial, ns=(old, new))
    assert find_progress(prefix, 12, initial) == progress(prefix, 4)
    assert not has_ended(prefix, 12, initial)


def test_set_aside(prefix: Path) -> None:
    path(prefix, 8, "solverstate").unlink()
    moved = set_aside(prefix)
    assert sorted(p.name for p in moved) == sorted(p.name for p in (prefix.parent / "replaced").iterdir())
    assert len(moved) == 5
    assert find_progress(prefix, 12, None) == Progress(0)
    assert path(prefix.with_name("net10"), 11, "caffemodel").is_file()


def test_set_aside_that_is_cut_short_is_taken_up(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was moved so far, no state is left to meet a caffemodel of another training."""
    replaced = Path.replace
    moves = 0

    def replace(self: Path, target: Path) -> Path:
        nonlocal moves
        moves += 1
        if moves == 2:
            raise KeyboardInterrupt
        return replaced(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        set_aside(prefix)
    states = list(prefix.parent.glob("net1_iter_*.solverstate"))
    assert all(state.with_suffix(".caffemodel").is_file() for state in states)
    set_aside(prefix)
    assert not list(prefix.parent.glob("net1_iter_*"))
