"""Experiments as trainings: their order, what each starts from, how long each runs."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.experiments.protocol import Intervals
from layerhint.rendering.layout import Layout
from layerhint.trainings.expand import expand, expand_all
from layerhint.trainings.schedule import interval_of_display, interval_of_snapshots, interval_of_tests
from layerhint.trainings.trainings import Training, WeightSource

PAIR = "cifar10/resnet26-resnet14"
TEACHER = "cifar10/resnet26/plain/plain"
ALL_METHODS = ["kd", "hint-kd", "hint-kd-plus", "proposed", "concurrent"]


def table1(**overrides: Any) -> dict[str, Training]:
    return {training.id: training for training in expand(load_experiment("table1", overrides))}


def own(tmp_path: Path, overrides: dict[str, Any] | None = None, **changes: Any) -> dict[str, Training]:
    content: dict[str, Any] = {
        "title": "One's own",
        "dataset": "cifar10",
        "teacher": {"depth": 14},
        "student": {"depth": 8},
        "methods": ALL_METHODS,
    }
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(content | changes), encoding="utf-8")
    return {training.id: training for training in expand(load_experiment(path, overrides))}


def test_running_order_of_table_1() -> None:
    kd = [f"{PAIR}/kd/net{k}" for k in (1, 2, 3)]
    hint = [
        f"{PAIR}/{method}/{name}"
        for method in ("hint-kd", "hint-kd-plus")
        for name in ("stage1", "net1", "net2", "net3")
    ]
    proposed = [f"{PAIR}/proposed/{name}" for name in ("g1", "g2", "g3", "net1", "net2", "net3")]
    assert list(table1()) == [TEACHER, "cifar10/resnet14/plain/plain", *kd, *hint, *proposed]


def test_proposed_stage_1_goes_from_guided_layer_to_guided_layer() -> None:
    trainings = table1()
    g1, g2, g3 = (trainings[f"{PAIR}/proposed/g{i}"].init for i in (1, 2, 3))
    teacher_1 = ("conv1", "res1_1", "res1_2", "res1_3", "res1_4")
    teacher_2 = (*teacher_1, "res2_1", "res2_2", "res2_3", "res2_4")
    assert g1 is not None
    assert g2 is not None
    assert g3 is not None
    assert g1.sources == (WeightSource(TEACHER, "teacher/", teacher_1),)
    assert g1.random == ("conv1", "res1_1", "res1_2")
    assert g2.sources == (
        WeightSource(TEACHER, "teacher/", teacher_2),
        WeightSource(f"{PAIR}/proposed/g1", "", ("conv1", "res1_1", "res1_2")),
    )
    assert g2.random == ("res2_1", "res2_2")
    assert g3.sources[1] == WeightSource(f"{PAIR}/proposed/g2", "", ("conv1", "res1_1", "res1_2", "res2_1", "res2_2"))
    assert g3.random == ("res3_1", "res3_2")


def test_hint_pairs_of_table_1() -> None:
    trainings = table1()
    pairs = {
        name: [(pair.hint.name, pair.guided.name) for pair in trainings[f"{PAIR}/{name}"].train.pairs]
        for name in ("hint-kd/stage1", "hint-kd-plus/stage1", "proposed/g1", "proposed/g2", "proposed/g3")
    }
    assert pairs == {
        "hint-kd/stage1": [("res2_2", "res2_1")],
        "hint-kd-plus/stage1": [("res3_4", "res3_2")],
        "proposed/g1": [("res1_4", "res1_2")],
        "proposed/g2": [("res2_4", "res2_2")],
        "proposed/g3": [("res3_4", "res3_2")],
    }


@pytest.mark.parametrize(
    ("method", "parent", "random"),
    [
        ("kd", None, ("conv1", "res1_1", "res1_2", "res2_1", "res2_2", "res3_1", "res3_2", "fc")),
        ("hint-kd", "stage1", ("res2_2", "res3_1", "res3_2", "fc")),
        ("hint-kd-plus", "stage1", ("fc",)),
        ("proposed", "g3", ("fc",)),
    ],
)
def test_stage_2_draws_what_stage_1_did_not_train(method: str, parent: str | None, random: tuple[str, ...]) -> None:
    init = table1()[f"{PAIR}/{method}/net2"].init
    assert init is not None
    assert init.random == random
    assert init.sources[0] == WeightSource(TEACHER, "teacher/", "all")
    assert [source.training for source in init.sources[1:]] == ([f"{PAIR}/{method}/{parent}"] if parent else [])


def test_iterations_add_up_to_the_protocol_s() -> None:
    trainings = table1()
    stage1 = {
        method: sum(t.schedule.max_iter for t in trainings.values() if t.method == method and t.stage == 1)
        for method in ("hint-kd", "hint-kd-plus", "proposed")
    }
    assert stage1 == {"hint-kd": 25000, "hint-kd-plus": 25000, "proposed": 25000}
    for training in trainings.values():
        schedule = training.schedule
        if training.stage == 1:
            assert (schedule.lr_policy, schedule.base_lr, schedule.test_interval) == ("fixed", 1e-4, None)
        else:
            assert (schedule.base_lr, schedule.gamma, schedule.stepvalue) == (0.1, 0.1, (32000, 48000))
            assert (schedule.max_iter, schedule.test_interval, schedule.test_iter) == (64000, 500, 100)
        assert (schedule.display, schedule.snapshot) == (100, 5000)
        assert (schedule.momentum, schedule.weight_decay, training.batch_size) == (0.9, 1e-4, 128)


def test_nets_of_a_method_share_the_solver_s_seed_and_differ_in_surgery_s() -> None:
    trainings = table1()
    for method in ("kd", "hint-kd", "hint-kd-plus", "proposed"):
        nets = [trainings[f"{PAIR}/{method}/net{k}"] for k in (1, 2, 3)]
        assert len({net.seed for net in nets}) == 1
        assert len({net.init.seed for net in nets if net.init}) == 3
        assert len({net.train for net in nets}) == 1


def part_of(layer: str) -> str:
    return layer.split("/")[0]


@pytest.mark.parametrize(
    ("hint_layers", "depths"),
    [
        *(("stage_end", depths) for depths in ((14, 8), (26, 14), (32, 8), (20, 20))),
        *(("stage_start", depths) for depths in ((14, 8), (26, 14))),
        *(("first_of_size", depths) for depths in ((26, 14), (20, 20))),  # With 8 layers G2 and G3 would be one.
    ],
)
@pytest.mark.parametrize("last", ["stage3", "pool"])
def test_surgery_accounts_for_every_part_once(
    tmp_path: Path, depths: tuple[int, int], hint_layers: str, last: str
) -> None:
    """Each part of the student is either copied or drawn, and each part of the teacher up to H is copied."""
    teacher, student = depths
    overrides = {"hint_layers": hint_layers, "hint_plus_layer": last}
    trainings = own(tmp_path, overrides, teacher={"depth": teacher}, student={"depth": student}, nets=2)
    seen: set[str] = set()
    for training in trainings.values():
        assert set(training.parents) <= seen
        seen.add(training.id)
        if training.init is None:
            assert training.stage == 0
            continue
        net = training.train
        top = net.pairs[-1] if training.stage == 1 else None
        copied = [part for s in training.init.sources if s.prefix == "" for part in s.layers]
        assert [*copied, *training.init.random] == list(net.net.parts_up_to(top.guided.name if top else "fc"))
        assert net.teacher is not None
        expected = net.teacher.parts_up_to(top.hint.name) if top else "all"
        assert training.init.sources[0].layers == expected


def test_wider_teacher_brings_a_regressor_and_a_name(tmp_path: Path) -> None:
    trainings = own(tmp_path, {"regressor_kernel": 3}, teacher={"depth": 14, "filters": [32, 64, 128]})
    g2 = trainings["cifar10/resnet14w32-resnet8/proposed/g2"]
    regressor = g2.train.pairs[0].regressor
    assert regressor is not None
    assert (regressor.kernel, regressor.std) == (3, 0.01)
    assert g2.init is not None
    assert g2.init.random == ("res2_1", "hint/regressor")
    assert "cifar10/resnet14w32/plain/plain" in trainings
    net1 = trainings["cifar10/resnet14w32-resnet8/proposed/net1"].init
    assert net1 is not None
    assert net1.random == ("fc",)


def test_filters_that_do_not_double_are_named_one_by_one(tmp_path: Path) -> None:
    trainings = own(tmp_path, {"shortcut": "projection"}, teacher={"depth": 14, "filters": [16, 24, 64]})
    assert "cifar10/resnet14w16-24-64/plain/plain" in trainings


def test_concurrent_hints_are_three_thirds_in_one_net(tmp_path: Path) -> None:
    stage1 = own(tmp_path)["cifar10/resnet14-resnet8/concurrent/stage1"]
    assert [(pair.prefix, pair.hint.name, pair.guided.name) for pair in stage1.train.pairs] == [
        ("hint1", "res1_2", "res1_1"),
        ("hint2", "res2_2", "res2_1"),
        ("hint3", "res3_2", "res3_1"),
    ]
    assert [pair.weight for pair in stage1.train.pairs] == [1 / 3, 1 / 3, 1 / 3]
    assert stage1.schedule.max_iter == 25000


def test_concurrent_hints_on_mnist_have_no_length_in_the_paper(tmp_path: Path) -> None:
    with pytest.raises(LayerhintError, match=r"method concurrent: MNIST's protocol has no hint\.concurrent"):
        own(tmp_path, dataset="mnist")
    own(tmp_path, dataset="mnist", numbers={"hint": {"concurrent": 25000}})


def test_soft_target_weight_under_its_switch() -> None:
    for factor, weight in (("one", 5), ("tau_squared", 45)):
        kd = table1(soft_target_factor=factor)[f"{PAIR}/kd/net1"].train.kd
        assert kd is not None
        assert (kd.tau, kd.lambda_, kd.soft_weight) == (3, 5, weight)


def test_mnist_s_batch_sizes_under_their_switch(tmp_path: Path) -> None:
    for reading, size in (("as_teacher", 64), ("own", 128)):
        trainings = own(tmp_path, {"student_batch_size": reading}, dataset="mnist", methods=["kd", "hint-kd"], nets=1)
        sizes = {training.id: training.batch_size for training in trainings.values()}
        assert sizes == {
            "mnist/resnet14/plain/plain": 64,
            "mnist/resnet8/plain/plain": size,
            "mnist/resnet14-resnet8/kd/net1": size,
            "mnist/resnet14-resnet8/hint-kd/stage1": size,
            "mnist/resnet14-resnet8/hint-kd/net1": size,
        }


def test_experiments_share_trainings_of_one_id() -> None:
    table = load_experiment("table1")
    fewer = table.with_methods(["kd"]).with_nets(1)
    assert expand_all([table, fewer]) == expand(table)


def test_experiments_that_differ_cannot_share_a_folder() -> None:
    table = load_experiment("table1")
    with pytest.raises(LayerhintError, match="cifar10/resnet26/plain/plain would be two different trainings"):
        expand_all([table, table.scaled(0.5)])


def test_a_wrong_depth_names_the_file_and_the_net(tmp_path: Path) -> None:
    with pytest.raises(LayerhintError, match=r"own\.yaml: teacher: ResNet depth 15: expected 6n\+2"):
        own(tmp_path, teacher={"depth": 15})


def test_layout_spells_every_file() -> None:
    g2 = table1()[f"{PAIR}/proposed/g2"]
    layout = Layout()
    assert layout.train_net(g2) == f"generated/{PAIR}/proposed/g2_train.prototxt"
    assert layout.test_net(g2) is None
    assert layout.solver(g2) == f"generated/{PAIR}/proposed/g2_solver.prototxt"
    assert layout.surgery(g2) == f"generated/{PAIR}/proposed/g2_surgery.yaml"
    assert layout.snapshot_prefix(g2) == f"weights/{PAIR}/proposed/g2"
    assert layout.initial_weights(g2) == f"weights/{PAIR}/proposed/g2_init.caffemodel"
    assert layout.final_weights(g2) == f"weights/{PAIR}/proposed/g2_iter_7000.caffemodel"
    plain = table1()[TEACHER]
    run = Layout.under("runs/x", data="data")
    assert run.test_net(plain) == "runs/x/generated/cifar10/resnet26/plain/test.prototxt"
    assert (run.surgery(plain), run.initial_weights(plain)) == (None, None)
    assert run.database("mnist", "test") == "data/mnist/test_lmdb"
    assert Layout.under("runs/x").mean_file("cifar10", "pixel", "train") == (
        "runs/x/data/cifar10/mean_pixel_train.binaryproto"
    )


PAPER_INTERVALS = Intervals(display=100, test=500, snapshot=5000)


@pytest.mark.parametrize(
    ("max_iter", "display", "tests"),
    [
        (64000, 100, 500),
        (36000, 100, 500),
        (5100, 100, 425),  # 510 would be nearer to ten tests, and is longer than the protocol's interval
        (3000, 100, 300),
        (640, 32, 64),
        (30, 1, 3),
        (7, 1, 1),
        (1, 1, 1),
        (777, 38, 111),  # 3 * 7 * 37: seven tests are nearest to ten
        (641, 32, 641),  # a prime: one test at the end rather than 641
    ],
)
def test_intervals_of_short_and_long_trainings(max_iter: int, display: int, tests: int) -> None:
    assert interval_of_display(max_iter, PAPER_INTERVALS) == display
    assert interval_of_tests(max_iter, PAPER_INTERVALS) == tests


def test_a_profile_may_test_less_often() -> None:
    """30 iterations: tests at 10, 20 and 30."""
    assert interval_of_tests(30, Intervals(display=2, test=10, least_tests=3, snapshot=5000)) == 10


@pytest.mark.parametrize(
    ("max_iter", "scale", "snapshot"),
    [(64000, 1, 5000), (3000, 1, 5000), (640, 0.01, 160), (30, 0.01, 50), (32000, 0.5, 5000), (30, 0.001, 8)],
)
def test_snapshots_cost_at_most_a_quarter(max_iter: int, scale: float, snapshot: int) -> None:
    assert interval_of_snapshots(max_iter, PAPER_INTERVALS, scale) == snapshot


@pytest.mark.parametrize("max_iter", [1, 2, 36, 97, 640, 64_000, 999_999_000])
def test_tests_divide_a_training_of_any_length(max_iter: int) -> None:
    """999,999,000 has 1024 divisors, which are found without counting up to it."""
    interval = interval_of_tests(max_iter, PAPER_INTERVALS.model_copy(update={"test": 10**9}))
    assert max_iter % interval == 0
    assert 1 <= max_iter / interval <= 12
