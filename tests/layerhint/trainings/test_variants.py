"""Sensitivity and sweeps: a variant trains apart what its reading changes, and shares the rest with its base."""

from pathlib import Path

import pytest

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.rendering.render import render
from layerhint.trainings.expand import expand, expand_all
from layerhint.trainings.readings import impossible_readings, readings, sweep

PAIR = "cifar10/resnet26-resnet14"


def test_lambda_changes_stage_2_alone() -> None:
    base = load_experiment("table1").with_methods(["proposed"])
    variant = base.under("lambda", 3)
    assert variant.name == "table1@lambda=3"
    own = [t for t in expand(variant) if t not in expand(base)]
    assert [t.id for t in own] == [f"{PAIR}/proposed/lambda=3/net{k}" for k in (1, 2, 3)]
    assert own[0].parents == ("cifar10/resnet26/plain/plain", f"{PAIR}/proposed/g3")
    assert own[0].train.kd is not None
    assert own[0].train.kd.lambda_ == 3


def test_what_a_changed_training_leads_to_is_trained_apart_too() -> None:
    """Another shortcut is another teacher, so all that learns from it is new; `frozen` follows."""
    base = load_experiment("table1").with_methods(["hint-kd"]).with_nets(1)
    trainings = expand(base.under("shortcut", "projection"))
    assert all(t.folder.endswith("/shortcut=projection") for t in trainings)
    net1 = trainings[-1]
    assert net1.parents == (
        "cifar10/resnet26/plain/shortcut=projection/plain",
        f"{PAIR}/hint-kd/shortcut=projection/stage1",
    )
    assert net1.frozen is not None
    assert net1.frozen.training == "cifar10/resnet26/plain/shortcut=projection/plain"


def test_a_longer_stage_1_is_followed_by_a_stage_2_of_its_own() -> None:
    base = load_experiment("table1").with_methods(["hint-kd", "kd"]).with_nets(1)
    own = {t.id for t in expand(base.under("hint.single", 30000))} - {t.id for t in expand(base)}
    assert own == {f"{PAIR}/hint-kd/hint.single=30000/{name}" for name in ("stage1", "net1")}


def test_base_and_variants_live_in_one_folder() -> None:
    base = load_experiment("table1").with_methods(["kd"]).with_nets(1)
    together = [base, *sweep(base, "lambda=3,4,5,6,7")]
    assert [e.name for e in together[1:]] == [f"table1@lambda={v}" for v in (3, 4, 6, 7)]  # 5 is the paper's own.
    assert len(expand_all(together)) == len(expand(base)) + 4
    nets = [path for path in render(together) if path.endswith("stage2_train.prototxt")]
    assert len(nets) == 5


def test_a_variant_compares_its_rows_with_those_of_the_same_variant() -> None:
    variant = load_experiment("table5").with_nets(1).under("lambda", 3)
    assert variant.against is not None
    assert variant.against.name == "table1@lambda=3"
    assert f"{PAIR}/proposed/lambda=3/net1" in {t.id for t in expand(variant)}


def test_every_reading_that_changes_a_training_is_a_variant() -> None:
    names = [e.variant for e in readings(load_experiment("table1"))]
    assert names == [
        "shortcut=projection",
        "mean=channel",
        "hint_layers=first_of_size",
        "hint_layers=stage_start",
        "middle_layer=stage2_end",
        "hint_plus_layer=pool",
        "soft_target_factor=tau_squared",
        "true_label_term=softened",
    ]  # No regressor, no SL-ResNet in it; the report's own switches change no training.
    assert [e.variant for e in readings(load_experiment("table5"))][-3:] == [
        "regressor_kernel=3",
        "soft_target_factor=tau_squared",
        "true_label_term=softened",
    ]


def test_lists_are_swept_at_the_commas_outside_their_brackets() -> None:
    base = load_experiment("table1").with_methods(["kd"]).with_nets(1)
    swept = sweep(base, "plain.stepvalue=[32000], [16000, 24000]")
    assert [e.variant for e in swept] == ["plain.stepvalue=32000", "plain.stepvalue=16000,24000"]
    assert [e.protocol.plain.stepvalue for e in swept] == [(32000,), (16000, 24000)]
    assert [e.protocol.network.filters for e in sweep(base, "filters=[16,32,64],[8,16,32]")] == [(8, 16, 32)]


@pytest.mark.parametrize("value", ["{a: 1}", "[[1, 2]]"])
def test_what_no_number_can_be_is_not_swept(value: str) -> None:
    with pytest.raises(LayerhintError, match="neither a number, a word nor a"):
        sweep(load_experiment("table1"), f"plain.stepvalue={value}")


@pytest.mark.parametrize("text", ["lambda", "=3", "lambda=", "lambda= , "])
def test_a_sweep_needs_a_name_and_values(text: str) -> None:
    with pytest.raises(LayerhintError, match="expected name=value,value"):
        sweep(load_experiment("table1"), text)


def test_a_misspelt_number_names_the_close_one() -> None:
    with pytest.raises(LayerhintError, match=r"lamda.*did you mean 'lambda'"):
        sweep(load_experiment("table1"), "lamda=3")


def test_a_reading_that_a_small_net_cannot_have_is_refused_and_left_out() -> None:
    """With one module a stage, the first blob of the last size is the last of that size: G2 and G3 would be one."""
    table3 = load_experiment("table3")
    chosen = [variant.variant for variant in readings(table3) if variant.variant.startswith("hint_layers")]
    assert chosen == ["hint_layers=stage_start"]
    (why,) = impossible_readings(table3)
    assert "hint_layers=first_of_size: guided 'res3_1' does not lie above" in why
    with pytest.raises(LayerhintError, match=r"hint_layers=first_of_size: guided 'res3_1' does not lie above 'res3_1'"):
        expand(table3.under("hint_layers", "first_of_size"))


def test_a_reading_that_only_words_differ_by_is_no_variant(tmp_path: Path) -> None:
    """With one module a stage the middle module is the end of stage 2."""
    path = tmp_path / "alike.yaml"
    path.write_text(
        "title: alike\ndataset: cifar10\nteacher: {depth: 8, filters: [32, 64, 128]}\n"
        "student: {depth: 8}\nmethods: [hint-kd]\nnets: 1\n"
    )
    chosen = [variant.variant for variant in readings(load_experiment(path))]
    assert "middle_layer=stage2_end" not in chosen
    assert "regressor_kernel=3" in chosen
