"""Solvers, field by field."""

import pytest
from linting import PAIR, assert_found, hints, of

G2 = f"{PAIR}/proposed/g2_solver.prototxt"
NET1 = f"{PAIR}/proposed/net1_solver.prototxt"


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (G2, "max_iter: 15000", "max_iter: 14000", ("max_iter is 14000, expected 15000", "`max_iter: 15000`")),
        (G2, "base_lr: 0.0001", "base_lr: 0.001", ("base_lr is 0.001, expected 0.0001", "`base_lr: 0.0001`")),
        (G2, 'lr_policy: "fixed"', 'lr_policy: "inv"', ("lr_policy", '"fixed"')),
        (G2, "momentum: 0.9", "momentum: 0.95", ("momentum is 0.95", "`momentum: 0.9`")),
        (G2, "weight_decay: 0.0001", "weight_decay: 0.0005", ("weight_decay is 0.0005", "`weight_decay: 0.0001`")),
        (G2, 'type: "SGD"', 'type: "Nesterov"', ('type is "Nesterov"', '`type: "SGD"`')),
        (G2, 'g2_train.prototxt"', 'g1_train.prototxt"', ("train_net", "g2_train.prototxt")),
        (G2, 'proposed/g2"', 'proposed/g1"', ("snapshot_prefix", "proposed/g2")),
        (G2, "random_seed: 2", "random_seed: 5", ("random_seed is 5, expected 2", "`random_seed: 2`")),
        (G2, "max_iter: 15000", "max_iter: 15000\niter_size: 2", ("iter_size is 2, expected 1", "Leave iter_size out")),
        (
            G2,
            "max_iter: 15000",
            "max_iter: 15000\nclip_gradients: 10",
            ("clip_gradients is 10, expected -1", "Leave clip_gradients out"),
        ),
        (
            NET1,
            "stepvalue: 32000",
            "stepvalue: 30000",
            ("stepvalue is 30000, 48000, expected 32000, 48000", "`stepvalue: 32000 stepvalue: 48000`"),
        ),
        (NET1, "gamma: 0.1", "gamma: 0.5", ("gamma is 0.5", "`gamma: 0.1`")),
        (NET1, "test_iter: 100", "test_iter: 50", ("test_iter is 50, expected 100",)),
        (NET1, "test_initialization: false", "test_initialization: true", ("test_initialization is true",)),
        (NET1, "stage2_test.prototxt", "stage2_train.prototxt", ("test_net", "stage2_test.prototxt")),
    ],
)
def test_a_field_of_another_value(file: str, old: str, new: str, words: tuple[str, ...]) -> None:
    """CIFAR-100: 5,000 + 15,000 + 15,000 iterations at 1e-4, then 64,000 with drops at 32,000 and 48,000."""
    found = hints().edited(file, old, new).findings()
    assert_found(found, file, None, *words)


def test_a_last_model_that_would_not_be_tested() -> None:
    found = hints().edited(NET1, "test_interval: 500", "test_interval: 600").findings()
    assert_found(found, NET1, None, "600 does not divide max_iter 64000", "divides max_iter")


def test_steps_of_sl_resnet_have_a_rate_by_the_switch() -> None:
    """12,000 iterations at 0.1, or at 0.01."""
    file = "generated/cifar10/resnet8/sl-resnet/s2_solver.prototxt"
    found = of("fig7", "sl-resnet").edited(file, "base_lr: 0.1", "base_lr: 0.01").findings()
    assert_found(found, file, None, "base_lr is 0.01, expected 0.1")
    found = of("fig7", "sl-resnet", sl_resnet_rate=0.01).edited(file, "max_iter: 12000", "max_iter: 11000").findings()
    assert_found(found, file, None, "max_iter is 11000, expected 12000")


@pytest.mark.parametrize(("method", "name", "length"), [("hint-kd", "stage1", 35000), ("concurrent", "stage1", 35000)])
def test_one_training_of_stage_1(method: str, name: str, length: int) -> None:
    file = f"{PAIR}/{method}/{name}_solver.prototxt"
    found = hints().edited(file, f"max_iter: {length}", "max_iter: 34000").findings()
    assert_found(found, file, None, f"max_iter is 34000, expected {length}")
