"""Rendering: solvers, headers, folders, writing and drift."""

import re
import stat
from pathlib import Path

import pytest
import yaml
from rendering import layers, own, table1

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.rendering.layout import Layout
from layerhint.rendering.render import Drift, drift, render, write
from layerhint.trainings.expand import expand
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_solver

PAIR = "generated/cifar10/resnet26-resnet14"


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return table1()


def test_committed_files_are_the_rendered_ones(files: dict[str, str]) -> None:
    root = Path(__file__).parents[3]
    found = drift(files, root)
    assert not found, f"run python tools/render.py: {found}"


def test_rendering_twice_gives_the_same(files: dict[str, str]) -> None:
    assert table1() == files
    assert list(table1()) == list(files)


def test_solvers_of_plain_training_and_hints(files: dict[str, str]) -> None:
    plain = parse_solver(files["generated/cifar10/resnet26/plain/solver.prototxt"])
    assert plain.train_net == "generated/cifar10/resnet26/plain/train.prototxt"
    assert list(plain.test_net) == ["generated/cifar10/resnet26/plain/test.prototxt"]
    assert (list(plain.test_iter), plain.test_interval, plain.test_initialization) == ([100], 500, False)
    assert (plain.lr_policy, list(plain.stepvalue), plain.max_iter) == ("multistep", [32000, 48000], 64000)
    assert (plain.base_lr, plain.gamma) == (pytest.approx(0.1), pytest.approx(0.1))
    assert (plain.type, plain.momentum, plain.weight_decay) == ("SGD", pytest.approx(0.9), pytest.approx(1e-4))
    assert (plain.display, plain.snapshot, plain.snapshot_prefix) == (100, 5000, "weights/cifar10/resnet26/plain/plain")
    assert plain.solver_mode == caffe_pb2.SolverParameter.GPU
    hint = parse_solver(files[f"{PAIR}/proposed/g3_solver.prototxt"])
    assert (hint.lr_policy, hint.base_lr, hint.max_iter) == ("fixed", pytest.approx(1e-4), 15000)
    assert (list(hint.test_net), list(hint.test_iter), hint.HasField("test_interval")) == ([], [], False)


def test_solver_headers_hold_the_exact_commands(files: dict[str, str]) -> None:
    header = files[f"{PAIR}/proposed/g2_solver.prototxt"].split("train_net:")[0]
    assert f"#   python tools/net_surgery.py {PAIR}/proposed/g2_surgery.yaml\n" in header
    weights = "weights/cifar10/resnet26-resnet14/proposed/g2_init.caffemodel"
    assert f"#   caffe train -solver {PAIR}/proposed/g2_solver.prototxt -weights {weights}\n" in header
    assert "eq. (4)" in header
    assert "eq. (6)" in header
    plain = files["generated/cifar10/resnet14/plain/solver.prototxt"]
    assert "#   caffe train -solver generated/cifar10/resnet14/plain/solver.prototxt\n" in plain
    assert "-weights" not in plain


def test_equations_of_the_steps(files: dict[str, str], tmp_path: Path) -> None:
    names = {"proposed/g1": 3, "proposed/g2": 4, "proposed/g3": 5, "hint-kd/stage1": 1, "proposed/net1": 2}
    for name, number in names.items():
        assert f"eq. ({number})" in files[f"{PAIR}/{name}_solver.prototxt"]
    concurrent = render(own(tmp_path))["generated/cifar10/resnet14-resnet8/concurrent/stage1_solver.prototxt"]
    assert "eq. (7)" in concurrent


def test_a_run_s_folder_and_mode(tmp_path: Path) -> None:
    layout = Layout.under("runs/a b", data="data")
    rendered = render(own(tmp_path, methods=["kd"]), layout, mode="CPU")
    assert all(path.startswith("runs/a b/generated/cifar10/") for path in rendered)
    text = rendered["runs/a b/generated/cifar10/resnet14-resnet8/kd/net1_solver.prototxt"]
    solver = parse_solver(text)
    assert solver.solver_mode == caffe_pb2.SolverParameter.CPU
    assert solver.snapshot_prefix == "runs/a b/weights/cifar10/resnet14-resnet8/kd/net1"
    assert "-solver 'runs/a b/generated/" in text
    surgery = yaml.safe_load(rendered["runs/a b/generated/cifar10/resnet14-resnet8/kd/net1_surgery.yaml"])
    assert surgery["net"] == "runs/a b/generated/cifar10/resnet14-resnet8/kd/stage2_train.prototxt"


def test_a_line_break_cannot_leave_a_comment(tmp_path: Path) -> None:
    with pytest.raises(LayerhintError, match="control character"):
        render(own(tmp_path, methods=["kd"]), Layout.under("runs/a\nb"))


def test_profiles_and_scales_reach_the_files() -> None:
    smoke = render(load_experiment("table1", profile="smoke"))
    solver = parse_solver(smoke["generated/cifar10/resnet26/plain/solver.prototxt"])
    assert (solver.max_iter, list(solver.test_iter)) == (30, [2])
    reduction = layers(smoke[f"{PAIR}/kd/stage2_train.prototxt"])["kd/loss"].reduction_param
    assert reduction.coeff == -1 / 8
    scaled = render(load_experiment("table1", scale=0.01))
    solver = parse_solver(scaled[f"{PAIR}/proposed/g2_solver.prototxt"])
    assert (solver.max_iter, solver.display) == (70, 3)


def test_experiments_that_mean_different_things_by_one_file_are_refused() -> None:
    table = load_experiment("table1")
    with pytest.raises(LayerhintError, match="would be two different trainings"):
        render([table, load_experiment("table1", {"mean": "channel"})])


def test_shared_files_are_rendered_once() -> None:
    table = load_experiment("table1")
    assert render([table.with_nets(1), table.with_methods(["kd"])]) == {
        path: text
        for path, text in render(table).items()
        if not re.search(r"(hint-kd|hint-kd-plus|proposed)/net[23]_", path)
    }


def test_files_list_each_training_s(files: dict[str, str]) -> None:
    layout = Layout()
    expected: set[str | None] = {"generated/cifar10/resnet26/plain/deploy.prototxt"}
    expected.add("generated/cifar10/resnet14/plain/deploy.prototxt")
    for t in expand(load_experiment("table1")):
        expected |= {layout.train_net(t), layout.test_net(t), layout.solver(t), layout.surgery(t)}
    assert set(files) == expected - {None}


def test_writing_touches_only_what_changed(tmp_path: Path) -> None:
    files = {"g/a.prototxt": "one\n", "g/b/c.yaml": "two\n"}
    assert write(files, tmp_path) == ("g/a.prototxt", "g/b/c.yaml")
    before = (tmp_path / "g/a.prototxt").stat()
    assert stat.S_IMODE(before.st_mode) == 0o644
    assert write(files | {"g/b/c.yaml": "three\n"}, tmp_path) == ("g/b/c.yaml",)
    after = (tmp_path / "g/a.prototxt").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert sorted(path.name for path in (tmp_path / "g").rglob("*")) == ["a.prototxt", "b", "c.yaml"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "g").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(LayerhintError, match=r"cannot write .*g/a\.prototxt: "):
        write({"g/a.prototxt": "one\n"}, tmp_path)


def test_drift_finds_missing_changed_and_stray_files(tmp_path: Path) -> None:
    files = {"g/a/1.prototxt": "one\n", "g/a/2.prototxt": "two\n", "g/b/3.prototxt": "three\n"}
    write(files, tmp_path)
    assert not drift(files, tmp_path, whole="g")
    (tmp_path / "g/a/1.prototxt").unlink()
    (tmp_path / "g/a/2.prototxt").write_text("edited\n", encoding="utf-8")
    (tmp_path / "g/b/4.prototxt").write_text("four\n", encoding="utf-8")
    (tmp_path / "g/c").mkdir()
    (tmp_path / "g/c/5.prototxt").write_text("five\n", encoding="utf-8")
    found = drift(files, tmp_path)
    assert (found.missing, found.changed, found.stray) == (
        ("g/a/1.prototxt",),
        ("g/a/2.prototxt",),
        ("g/b/4.prototxt",),
    )
    assert drift(files, tmp_path, whole="g").stray == ("g/b/4.prototxt", "g/c/5.prototxt")


def test_one_file_is_a_drift() -> None:
    assert not Drift((), (), ())
    for alone in (Drift(("g/a",), (), ()), Drift((), ("g/a",), ()), Drift((), (), ("g/a",))):
        assert alone
