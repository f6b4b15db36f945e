"""Experiments as data: the paper's numbers, and what happens to a misspelt one."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment, experiment_names, groups, load_experiment, resolve
from layerhint.experiments.overrides import parse_settings
from layerhint.experiments.switches import READINGS
from layerhint.trainings.schedule import interval_of_tests

EXPERIMENT: dict[str, Any] = {
    "title": "One's own",
    "dataset": "cifar10",
    "teacher": {"depth": 14},
    "student": {"depth": 8},
    "methods": ["kd", "proposed"],
}


def written(tmp_path: Path, **changes: Any) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(EXPERIMENT | changes), encoding="utf-8")
    return path


def on(tmp_path: Path, dataset: str, **overrides: Any) -> Experiment:
    return load_experiment(written(tmp_path, dataset=dataset), overrides)


def test_table1_is_the_paper_s_table_1() -> None:
    table = load_experiment("table1")
    assert (table.dataset, table.teacher.depth, table.student.depth, table.nets) == ("cifar10", 26, 14, 3)
    assert table.teacher.filters == table.student.filters == (16, 32, 64)
    assert table.methods == ("kd", "hint-kd", "hint-kd-plus", "proposed")
    reported = table.reported
    assert reported is not None
    assert (reported.measure, reported.teacher, reported.student) == ("accuracy", 91.75, 90.79)
    rows = {method: (row.nets, row.average) for method, row in reported.methods.items()}
    assert rows == {
        "kd": ((90.77, 90.78, 90.74), 90.76),
        "hint-kd": ((91.05, 91.23, 91.19), 91.15),
        "hint-kd-plus": ((90.77, 90.37, 90.75), 90.63),
        "proposed": ((91.66, 91.80, 91.64), 91.70),
    }


# The paper's Sections 3 to 3.2: filters, batch of the teacher, plain schedule, Stage 1.
PAPER = {
    "cifar10": ((16, 32, 64), 128, (32000, 48000, 64000), 25000, (3000, 7000, 15000)),
    "cifar100": ((64, 128, 256), 128, (32000, 48000, 64000), 35000, (5000, 15000, 15000)),
    "mnist": ((16, 32, 64), 64, (18000, 27000, 36000), 25000, (3000, 7000, 15000)),
}


@pytest.mark.parametrize("dataset", PAPER)
def test_protocol_holds_the_paper_s_numbers(tmp_path: Path, dataset: str) -> None:
    filters, batch, schedule, single, layer_wise = PAPER[dataset]
    protocol = on(tmp_path, dataset).protocol
    assert protocol.network.filters == filters
    assert protocol.batch_size.teacher == batch
    assert (*protocol.plain.stepvalue, protocol.plain.max_iter) == schedule
    assert (protocol.plain.base_lr, protocol.plain.gamma) == (0.1, 0.1)
    assert (protocol.hint.base_lr, protocol.hint.single, protocol.hint.layer_wise) == (1e-4, single, layer_wise)
    assert (protocol.sgd.momentum, protocol.sgd.weight_decay) == (0.9, 1e-4)
    assert (protocol.kd.tau, protocol.kd.lambda_) == (3, 5)
    assert (protocol.network.moving_average_fraction, protocol.network.eps) == (0.999, 1e-5)


def test_images_and_sl_resnet_of_each_data_set(tmp_path: Path) -> None:
    cifar10, cifar100, mnist = (on(tmp_path, name).protocol for name in PAPER)
    assert [(p.classes, p.images.train, p.images.test) for p in (cifar10, cifar100, mnist)] == [
        (10, 50000, 10000),
        (100, 50000, 10000),
        (10, 60000, 10000),
    ]
    assert (mnist.images.channels, mnist.images.size, mnist.images.pad, mnist.images.mirror) == (1, 28, 0, False)
    assert (cifar10.images.channels, cifar10.images.size, cifar10.images.pad, cifar10.images.mirror) == (3, 32, 4, True)
    assert cifar10.sl_resnet is not None
    assert mnist.sl_resnet is not None
    assert (cifar10.sl_resnet.iterations, cifar10.lambda_of_sl_resnet) == (12000, 5)
    assert (mnist.sl_resnet.iterations, mnist.lambda_of_sl_resnet) == (8000, 3)
    assert cifar100.sl_resnet is None


def test_every_open_point_is_a_switch_of_some_data_set(tmp_path: Path) -> None:
    offered = set().union(*(on(tmp_path, name).protocol.switches for name in PAPER))
    assert offered == set(READINGS)


def test_defaults_are_the_first_readings(tmp_path: Path) -> None:
    for dataset in PAPER:
        experiment = on(tmp_path, dataset)
        for name, readings in experiment.protocol.switches.items():
            assert getattr(experiment.switches, name) == readings[0] == READINGS[name][0]


def test_groups_and_names() -> None:
    assert "table1" in experiment_names()
    assert groups()["cifar10"] == resolve("cifar10")
    assert resolve("table1") == ("table1",)
    assert resolve("my/own.yaml") == ("my/own.yaml",)
    with pytest.raises(LayerhintError, match="did you mean 'table1'"):
        resolve("tabel1")


def test_a_file_of_another_kind_is_no_unknown_name(tmp_path: Path) -> None:
    path = tmp_path / "stack.prototxt"
    path.write_text("name: 'stack'\n")
    with pytest.raises(LayerhintError, match=r"stack\.prototxt: expected an experiment's name or its YAML file"):
        [load_experiment(name) for name in resolve(str(path))]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methds": ["kd"]}, "unknown key `methds`; did you mean 'methods'"),
        ({"methods": ["kd", "proposd"]}, "`methods.1`: unknown value 'proposd'; did you mean 'proposed'"),
        ({"methods": ["kd", "kd"]}, "a method stands twice"),
        ({"methods": []}, "`methods`"),
        ({"teacher": {"depht": 14}}, "`teacher.depht`; did you mean 'depth'|`teacher.depth` is missing"),
        ({"teacher": {"depth": "14"}}, "`teacher.depth`: .*got the text '14'"),
        ({"nets": 0}, "`nets`"),
        ({"nets": True}, "`nets`: .*got yes"),
        ({"nets": 100}, "`nets`: .*less than or equal to 99, got 100"),
        ({"teacher": {"depth": 60_000_002}}, "`teacher.depth`: .*less than or equal to 10000"),
        ({"name": "own"}, "unknown key `name`"),
        ({"title": "two\nlines"}, "`title`"),
        ({"dataset": "cifra10"}, "unknown data set 'cifra10'; did you mean 'cifar10'"),
        ({"switches": {"shortcuts": "projection"}}, "`shortcuts` is unknown; did you mean 'shortcut'"),
        ({"switches": {"shortcut": "projektion"}}, "unknown value 'projektion'; did you mean 'projection'"),
        ({"switches": {"input_scale": "unit"}}, "`input_scale` is no open point of CIFAR-10"),
        ({"numbers": {"kd": {"taw": 4}}}, "unknown key `kd.taw`; did you mean 'tau'"),
        ({"numbers": {"kd": 4}}, "`kd`: expected a mapping, got 4"),
        ({"numbers": {"kd": {"tau": "1e-4"}}}, "`kd.tau`: .*'1e-4'; write it as 1.0e-4"),
        ({"numbers": {"switches": {}}}, "unknown key `switches`"),
        ({"numbers": {"plain": {"stepvalue": [48000, 32000]}}}, "must ascend"),
        ({"numbers": {"batch_size": {"test": 300}}}, "batch_size.test 300 must divide images.test 10000"),
        ({"stages": [2]}, r"`stages`: \[2\]: expected \[1\], Stage 1 alone, or \[1, 2\]"),
        ({"stages": []}, r"`stages`: \[\]: expected \[1\]"),
        ({"numbers": {"images": {"pad": 0}}}, "images.pad 0: only the nets would have it, since .* CIFAR-10 .* with 4"),
        ({"reported": {"measure": "accuracy", "methods": {"hint-kdd": {}}}}, "'hint-kdd'; did you mean 'hint-kd'"),
    ],
)
def test_a_mistake_names_file_key_and_remedy(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(LayerhintError, match=message) as caught:
        load_experiment(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("table1", "table1 is an experiment of the repository: give the file another name"),
        ("cifar10", "cifar10 is a group of the repository"),
        ("paper", "paper is a group of the repository"),
        ("smoke", "smoke is a profile of the repository"),
        (
            "My own",
            "the file's name is the experiment's: expected up to 64 of a-z, 0-9, - and _, beginning with a letter",
        ),
    ],
)
def test_a_file_s_name_is_the_experiment_s(tmp_path: Path, name: str, message: str) -> None:
    assert load_experiment(written(tmp_path), {"shortcut": "projection"}).name == "own"
    path = written(tmp_path).rename(tmp_path / f"{name}.yaml")
    with pytest.raises(LayerhintError, match=rf"/{name}\.yaml: {message}"):
        load_experiment(path)


def test_unknown_experiment_and_profile() -> None:
    with pytest.raises(LayerhintError, match="unknown experiment 'tabel1'; did you mean 'table1'"):
        load_experiment("tabel1")
    with pytest.raises(LayerhintError, match="unknown profile 'smok'; did you mean 'smoke'"):
        load_experiment("table1", profile="smok")


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LayerhintError, match=r"none\.yaml: cannot be read: No such file"):
        load_experiment(tmp_path / "none.yaml")


def test_switches_and_numbers_of_a_file_and_from_outside(tmp_path: Path) -> None:
    path = written(tmp_path, switches={"regressor_kernel": 3}, numbers={"kd": {"lambda": 3}})
    own = load_experiment(path)
    assert (own.switches.regressor_kernel, own.protocol.kd.lambda_) == ("3", 3)
    outside = load_experiment(path, {"regressor_kernel": 1, "lambda": 7, "plain.max_iter": 50000})
    assert (outside.switches.regressor_kernel, outside.protocol.kd.lambda_) == ("1", 7)
    assert outside.protocol.plain.max_iter == 50000
    assert outside.heading == "One's own (regressor_kernel=1; lambda=7; plain.max_iter=50000)"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"lamda": 3}, "unknown switch or number `lamda`; did you mean 'lambda'"),
        ({"iterations": "x"}, "^--set iterations=x: `sl_resnet.iterations`: .*got the text 'x'$"),
        ({"lambda": "abc"}, r"^--set lambda=abc: `kd.lambda`: .*got the text 'abc'$"),
        ({"lambda": "abc", "tau": [1, "x"]}, r'^--set tau=\[1, "x"\]: `kd.tau`: .*got a list \(and 1 more\)$'),
        ({"plain.max_iter": 100, "tau": 4}, r"^--set plain.max_iter=100: `plain`: stepvalue .* up to max_iter 100$"),
        (
            {"depth": 20},
            r"^--set depth=20: unknown .* `depth`; experiments/protocols/cifar10\.yaml has all that .* set$",
        ),
        (
            {"taus": 4},
            r"unknown switch or number `taus`; did you mean 'tau'.*\? experiments/protocols/cifar10.yaml has",
        ),
        ({"teacher": 3}, "`teacher` could be batch_size.teacher: write the whole path"),
        ({"base_lr": 0.1}, "`base_lr` could be plain.base_lr or hint.base_lr: write the whole path"),
        ({"shortcut": "both"}, "^--set shortcut=both: `shortcut`: unknown value 'both'; known: zero_pad, projection"),
        ({"switches": {}}, "unknown switch or number `switches`"),
    ],
)
def test_a_wrong_override_is_explained(overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(LayerhintError, match=message):
        load_experiment("table1", overrides)


def test_settings_of_the_command_line() -> None:
    assert parse_settings(["shortcut=projection", "lambda=3", "hint.layer_wise=[1, 2, 3]", "tau=2.5"]) == {
        "shortcut": "projection",
        "lambda": 3,
        "hint.layer_wise": [1, 2, 3],
        "tau": 2.5,
    }
    for wrong in ("shortcut", "=3", "tau="):
        with pytest.raises(LayerhintError, match="expected name=value"):
            parse_settings([wrong])


def test_scaling_shortens_every_schedule() -> None:
    protocol = load_experiment("table1", scale=0.01).protocol
    assert (*protocol.plain.stepvalue, protocol.plain.max_iter) == (320, 480, 640)
    assert (protocol.hint.single, protocol.hint.layer_wise, protocol.hint.concurrent) == (250, (30, 70, 150), 250)
    assert protocol.sl_resnet is not None
    assert protocol.sl_resnet.iterations == 120


def test_scaling_by_one_changes_nothing() -> None:
    table = load_experiment("table1")
    assert table.scaled(1) == table


def test_the_shortest_scale_still_trains() -> None:
    protocol = load_experiment("table1", scale=1e-9).protocol
    assert protocol.plain.max_iter == 1
    assert protocol.hint.layer_wise == (1, 1, 1)


@pytest.mark.parametrize(("scale", "length"), [(0.1, 6400), (0.01011, 650), (0.0777, 5000), (0.9, 57600), (0.0001, 6)])
def test_a_scaled_length_has_a_test_interval_that_divides_it(scale: float, length: int) -> None:
    """64000 * 0.01011 = 647 and 64000 * 0.0777 = 4973 have no divisor that gives about ten tests."""
    protocol = load_experiment("table1", scale=scale).protocol
    assert protocol.plain.max_iter == length
    tests = length / interval_of_tests(length, protocol.intervals)
    assert tests == int(tests)
    assert min(length, 10) <= tests <= max(20, length / 400)


@pytest.mark.parametrize(
    ("max_iter", "steps", "scaled"),
    [
        (34, [20, 30], (17, (10, 15))),  # below 20 nothing is rounded
        (104, [40, 103], (50, (20, 50))),  # 52 is rounded to 50, and no rate drops beyond the end
    ],
)
def test_rates_drop_within_a_scaled_length(
    max_iter: int, steps: list[int], scaled: tuple[int, tuple[int, ...]]
) -> None:
    settings = {"plain.max_iter": max_iter, "plain.stepvalue": steps}
    plain = load_experiment("table1", settings, scale=0.5).protocol.plain
    assert (plain.max_iter, plain.stepvalue) == scaled


def test_scaling_shortens_batch_norm_s_window() -> None:
    """Window 1000 iterations at the paper's length, 100 at a tenth, never below 10."""
    fractions = {
        scale: load_experiment("table1", scale=scale).protocol.network.moving_average_fraction
        for scale in (2, 1, 0.1, 0.01, 0.001)
    }
    assert fractions == {2: 0.999, 1: 0.999, 0.1: 0.99, 0.01: 0.9, 0.001: 0.9}
    kept = load_experiment("table1", {"moving_average_fraction": 0.995}, scale=0.1)
    assert kept.protocol.network.moving_average_fraction == 0.995


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), 1000])
def test_an_impossible_scale_is_refused(scale: float) -> None:
    with pytest.raises(LayerhintError, match="expected a number above 0"):
        load_experiment("table1").scaled(scale)


def test_headings_tell_a_run_from_the_paper_s() -> None:
    title = "Table 1: CIFAR-10, 26-layer teacher, 14-layer student"
    assert load_experiment("table1").heading == title
    assert load_experiment("table1", scale=0.01).heading == f"{title} (schedules scaled by 0.01)"
    smoke = load_experiment("table1", profile="smoke")
    assert smoke.heading == f"{title} (smoke test on the sample images)"
    assert (smoke.profile, smoke.data, smoke.scale) == ("smoke", "sample", 1)


def test_smoke_is_short_and_keeps_what_was_set(tmp_path: Path) -> None:
    for dataset in PAPER:
        path = written(tmp_path, dataset=dataset)
        smoke = load_experiment(path, {"plain.max_iter": 40, "tau": 2}, profile="smoke")
        assert (smoke.protocol.plain.max_iter, smoke.protocol.kd.tau) == (40, 2)
        assert smoke.protocol.batch_size.teacher == 8
        assert max(smoke.protocol.hint.layer_wise) <= 10
    assert load_experiment(written(tmp_path, dataset="mnist"), profile="smoke").protocol.hint.concurrent is None
    assert load_experiment(written(tmp_path, dataset="cifar100"), profile="smoke").protocol.sl_resnet is None


def test_methods_and_nets_can_be_fewer() -> None:
    table = load_experiment("table1")
    assert table.with_methods(["proposed", "kd"]).methods == ("kd", "proposed")
    assert table.with_nets(5).nets == 5
    with pytest.raises(LayerhintError, match="no method 'hint'; did you mean 'hint-kd'"):
        table.with_methods(["hint"])
    with pytest.raises(LayerhintError, match="nets 0: expected 1 to 99"):
        table.with_nets(0)


def test_a_data_set_of_one_s_own_stands_beside_its_experiment(tmp_path: Path) -> None:
    cifar = Path("experiments/protocols/cifar10.yaml")
    source = Path(__file__).parents[3] / cifar
    text = source.read_text(encoding="utf-8").replace("dataset: cifar10", "dataset: birds")
    (tmp_path / "protocols").mkdir()
    (tmp_path / "protocols" / "birds.yaml").write_text(text.replace("classes: 10", "classes: 7"), encoding="utf-8")
    assert load_experiment(written(tmp_path, dataset="birds")).protocol.classes == 7


def test_a_protocol_with_an_unknown_switch_is_refused(tmp_path: Path) -> None:
    source = Path(__file__).parents[3] / "experiments/protocols/cifar10.yaml"
    text = source.read_text(encoding="utf-8").replace("shortcut: [", "shortcuts: [")
    (tmp_path / "protocols").mkdir()
    (tmp_path / "protocols" / "cifar10.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(LayerhintError, match="unknown switch 'shortcuts'; did you mean 'shortcut'"):
        load_experiment(written(tmp_path))


def test_an_experiment_cannot_be_changed() -> None:
    table = load_experiment("table1")
    with pytest.raises(ValueError, match="frozen"):
        table.nets = 5  # type: ignore[misc]
