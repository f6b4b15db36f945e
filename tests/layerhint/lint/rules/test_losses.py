"""The losses and their weights."""

from dataclasses import replace

import pytest
from linting import PAIR, assert_found, generated, hints, of

from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.trainings.methods import kd
from layerhint.trainings.trainings import KdLoss

KD = f"{PAIR}/hint-kd/stage2_train.prototxt"
CONCURRENT = f"{PAIR}/concurrent/stage1_train.prototxt"


def test_a_weight_of_the_soft_term_that_is_not_lambda() -> None:
    found = hints().edited(KD, "loss_weight: 5", "loss_weight: 2.5", layer="kd/loss").findings()
    assert [(f.file, f.layer) for f in found] == [(KD, "kd/loss")]
    assert_found(found, KD, "kd/loss", "is 2.5, the protocol's is 5 (lambda 5)", "loss_weight: 5")


def test_lambda_times_tau_squared() -> None:
    """tau is 3: the soft term weighs 5 * 9."""
    squared = of("fig10", "hint-kd", soft_target_factor="tau_squared")
    found = squared.edited(KD, "loss_weight: 45", "loss_weight: 5", layer="kd/loss").findings()
    assert_found(found, KD, "kd/loss", "(lambda 5 times tau^2)", "loss_weight: 45")


def test_sl_resnet_has_a_lambda_of_its_own_on_mnist() -> None:
    file = "generated/mnist/resnet32-resnet8/sl-resnet-kd/stage2_train.prototxt"
    found = of("table4", "sl-resnet-kd").edited(file, "loss_weight: 3", "loss_weight: 5", layer="kd/loss").findings()
    assert_found(found, file, "kd/loss", "is 5, the protocol's is 3")


def test_hints_at_once_weigh_a_third_each() -> None:
    found = hints().edited(CONCURRENT, " loss_weight: 0.33333333", "", layer="hint2/loss").findings()
    assert [(f.file, f.layer) for f in found] == [(CONCURRENT, "hint2/loss")]
    assert_found(
        found, CONCURRENT, "hint2/loss", "its loss_weight is 1", "(a_i / 3, a_i = 1)", "loss_weight: 0.3333333"
    )


def test_hints_at_once_weigh_what_the_protocol_says() -> None:
    halved = of("fig10", "concurrent", **{"hint.concurrent_weight": 1.5})
    assert not halved.findings()
    found = halved.edited(CONCURRENT, "loss_weight: 0.5", "loss_weight: 0.25", layer="hint2/loss").findings()
    assert_found(found, CONCURRENT, "hint2/loss", "is 0.25", "(a_i / 3, a_i = 1.5)", "loss_weight: 0.5")


def test_a_lone_hint_weighs_1() -> None:
    file = f"{PAIR}/proposed/g1_train.prototxt"
    found = hints().edited(file, 'top: "hint/loss"', 'top: "hint/loss" loss_weight: 0.5', layer="hint/loss").findings()
    assert_found(found, file, "hint/loss", "is 0.5, the protocol's is 1", "loss_weight: 1")


def test_a_loss_too_many() -> None:
    file = f"{PAIR}/proposed/g1_train.prototxt"
    more = 'layer { name: "extra" type: "Reduction" bottom: "res1_1" top: "extra" loss_weight: 0.25 }\n'
    found = hints().with_file(file, hints().files[file] + more).findings()
    assert [(f.file, f.layer) for f in found] == [(file, "extra")]
    assert_found(found, file, "extra", "this Reduction weighs 0.25", "no such loss", "Take the layer out")


def test_a_loss_too_few() -> None:
    found = hints().without_layer(KD, "loss").findings()
    assert_found(found, KD, None, "0 of its SoftmaxWithLoss layers weigh in the loss, the protocol has 1")


def test_a_soft_term_without_a_weight() -> None:
    found = hints().edited(KD, "loss_weight: 5", "", layer="kd/loss").findings()
    assert_found(found, KD, None, "0 of its Reduction layers", "loss_weight that is not 0")


def test_a_loss_that_is_normalised_otherwise() -> None:
    file = "generated/cifar100/resnet8/plain/train.prototxt"
    found = hints().edited(file, 'top: "loss"', 'top: "loss" loss_param { normalize: false }', layer="loss").findings()
    assert [(f.file, f.layer) for f in found] == [(file, "loss")]
    assert_found(found, file, "loss", "what it is divided by", "Leave loss_param out")


@pytest.mark.parametrize("change", [{"tau": 4.0}, {"lambda_": 6.0, "soft_weight": 6.0}])
def test_a_description_that_is_not_the_protocol_s(change: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Text and description agree; the protocol has tau 3 and lambda 5."""
    kd_loss = kd.kd_loss

    def other(experiment: Experiment, lambda_: float) -> KdLoss:
        return replace(kd_loss(experiment, lambda_), **change)  # type: ignore[arg-type]

    monkeypatch.setattr(kd, "kd_loss", other)
    found = generated(load_experiment("fig10").with_methods(["hint-kd"]).with_nets(1)).findings()
    assert_found(found, KD, None, "the protocol has tau 3 and lambda 5", "Take both")


@pytest.mark.parametrize(
    ("name", "method", "lambda_", "right"), [("table3", "kd", 3.0, "5"), ("table4", "sl-resnet-kd", 5.0, "3")]
)
def test_which_lambda_is_mnist_s_by_what_the_student_starts_from(
    name: str, method: str, lambda_: float, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On MNIST the paper has 3 for SL-ResNet with KD, 5 for all others."""
    kd_loss = kd.kd_loss
    monkeypatch.setattr(kd, "kd_loss", lambda experiment, _: kd_loss(experiment, lambda_))
    found = generated(load_experiment(name).with_methods([method]).with_nets(1)).findings()
    file = f"generated/mnist/resnet32-resnet8/{method}/stage2_train.prototxt"
    assert_found(found, file, None, f"lambda {lambda_:g}", f"the protocol has tau 3 and lambda {right}")


def test_after_hints_it_is_that_of_kd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its student starts from a Stage 1, too, but from one that has hint/guided pairs."""
    kd_loss = kd.kd_loss
    monkeypatch.setattr(kd, "kd_loss", lambda experiment, _: kd_loss(experiment, 3.0))
    found = generated(load_experiment("table3").with_methods(["proposed"]).with_nets(1)).findings()
    file = "generated/mnist/resnet32-resnet8/proposed/stage2_train.prototxt"
    assert_found(found, file, None, "lambda 3", "the protocol has tau 3 and lambda 5")
